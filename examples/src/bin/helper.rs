//! See `helper --help`.

use std::process::ExitCode;

use clap::Parser;
use rh_examples::{args, args::HelperArgs, logging, program};

fn main() -> ExitCode {
    let args = HelperArgs::parse();
    if let Some(shell) = args.completions {
        args::print_completions::<HelperArgs>(shell);
        return ExitCode::SUCCESS;
    }
    logging::start();
    logging::finish("helper", program::helper::run(&args))
}
