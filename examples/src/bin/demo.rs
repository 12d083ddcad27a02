//! The main job by itself. See `demo --help`.

use std::process::ExitCode;

use clap::Parser;
use rh_examples::{args, args::DemoArgs, demo, logging};

fn main() -> ExitCode {
    let args = DemoArgs::parse();
    if let Some(shell) = args.completions {
        args::print_completions::<DemoArgs>(shell);
        return ExitCode::SUCCESS;
    }
    logging::start();
    logging::finish("demo", demo::run(&args))
}
