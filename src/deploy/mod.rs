//! Real containers by coordinates: start, wait, probe, stop. Behind `run`,
//! `manage` and `verify`.
