use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Config {
    name: String,
    ports: Vec<u16>,
    limit: Option<f64>,
}

fn main() {
    let text = "name = \"a\"\nports = [1, 65535]\nlimit = 0.5\n";
    let config: Config = toml::from_str(text).unwrap();
    assert_eq!(config.ports, [1, 65535]);
    assert_eq!(toml::to_string(&config).unwrap(), text);
    let error = toml::from_str::<Config>("name = 3").unwrap_err();
    assert!(error.to_string().contains("line 1"), "{error}");
    println!("ok");
}
