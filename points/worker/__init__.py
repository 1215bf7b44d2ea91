"""The worker: does what falls due, again and again, without anybody asking."""
