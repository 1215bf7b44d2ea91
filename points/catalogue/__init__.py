"""The catalogue: rewards, photos, gates, stock, and the pools of money behind them."""
