use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Point {
    x: f64,
    y: f64,
    #[serde(default)]
    tags: Vec<String>,
}

fn main() {
    let point: Point = serde_json::from_str(r#"{"x": 0.1, "y": -2.5e-3}"#).unwrap();
    assert_eq!(point, Point { x: 0.1, y: -0.0025, tags: vec![] });
    assert_eq!(serde_json::to_string(&point).unwrap(), r#"{"x":0.1,"y":-0.0025,"tags":[]}"#);
    let value = serde_json::json!({"a": [1, 2, {"b": null}]});
    assert_eq!(value.pointer("/a/1"), Some(&2.into()));
    assert!(serde_json::from_str::<Point>("{").unwrap_err().is_eof());
    println!("ok");
}
