//! The development identity provider as a program. See `idp --help`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program talks on its standard streams")]

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;
use rh_idp::{CLIENT_ID, Config, People};

/// An identity provider for development, on this computer only
///
/// Whoever opens its page may be anybody on it. It listens on 127.0.0.1 and nowhere else.
#[derive(Debug, Parser)]
#[command(name = "idp", version)]
struct Args {
    /// The port on 127.0.0.1; the issuer is http://127.0.0.1:PORT
    #[arg(long, default_value_t = 7480, value_name = "PORT")]
    port: u16,
    /// Where its signing key is kept, made at the first start [default: the user's state directory]
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Who can sign in, in TOML [default: Hanna, Sam and Gunther of Contoso]
    #[arg(long, value_name = "FILE")]
    people: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("idp: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> Result<(), Box<dyn std::error::Error>> {
    let people = args.people.map_or_else(|| Ok(People::built_in()), |path| People::from_file(&path))?;
    let state =
        args.state.or_else(state_directory).ok_or("there is no home directory to keep the signing key in: name one with --state")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let provider = rh_idp::start(Config { port: args.port, state, people }).await?;
        println!("issuer {}\nclient {CLIENT_ID}\ntenant {}", provider.issuer(), provider.people().tenant());
        for person in provider.people().iter() {
            println!("person {} {}{}", person.id, person.name, if person.guest { " (guest)" } else { "" });
        }
        tokio::signal::ctrl_c().await?;
        Ok(())
    })
}

fn state_directory() -> Option<PathBuf> {
    let named = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = named("XDG_STATE_HOME").or_else(|| Some(named("HOME")?.join(".local/state")))?;
    Some(base.join("remote-help/idp"))
}
