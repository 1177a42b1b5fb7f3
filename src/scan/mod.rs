//! Disk → [`crate::model::Project`]. Reads; never runs the project's code.
