//! Windows of the programs.
