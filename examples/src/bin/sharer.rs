//! See `sharer --help`.

use std::process::ExitCode;

use clap::Parser;
use rh_examples::{args, args::SharerArgs, logging, program};

fn main() -> ExitCode {
    let args = SharerArgs::parse();
    if let Some(shell) = args.completions {
        args::print_completions::<SharerArgs>(shell);
        return ExitCode::SUCCESS;
    }
    logging::start();
    logging::finish("sharer", program::sharer::run(&args))
}
