"""HTTP: parse, call one flow, present. ``points.api.app`` puts it together."""
