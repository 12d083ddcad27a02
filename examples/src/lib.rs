//! Glue shared by the programs.
