use clap::Parser;

#[derive(Parser, Debug)]
#[command(name = "tool", version = "1.2")]
struct Args {
    /// How often.
    #[arg(short, long, default_value_t = 1)]
    times: u32,
    name: Option<String>,
}

fn main() {
    let args = Args::try_parse_from(["tool", "--times", "3", "x"]).unwrap();
    assert_eq!((args.times, args.name.as_deref()), (3, Some("x")));
    let error = Args::try_parse_from(["tool", "--tims", "3"]).unwrap_err();
    assert!(error.to_string().contains("--times"), "{error}");
    let help = Args::try_parse_from(["tool", "--help"]).unwrap_err();
    assert!(help.to_string().contains("How often"), "{help}");
    assert_eq!(Args::parse().times, 1);
    println!("ok");
}
