"""`center1379 evaluate`: what the engine is worth on labelled difficulties."""
