use rusqlite::{Connection, params};

fn main() {
    let mut db = Connection::open_in_memory().unwrap();
    db.execute("CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT UNIQUE, weight REAL)", ()).unwrap();
    let change = db.transaction().unwrap();
    for (n, word) in ["a", "b", "c"].iter().enumerate() {
        change.execute("INSERT INTO words (word, weight) VALUES (?1, ?2)", params![word, n as f64 / 3.0]).unwrap();
    }
    change.commit().unwrap();
    let sum: f64 = db.query_row("SELECT sum(weight) FROM words", (), |row| row.get(0)).unwrap();
    assert_eq!(sum, 1.0);
    assert!(db.execute("INSERT INTO words (word) VALUES ('a')", ()).is_err());
    // In a file, of a server of files.
    let path = "/tmp/words.db";
    {
        let file = Connection::open(path).unwrap();
        file.execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (1), (2), (39);").unwrap();
    }
    let file = Connection::open(path).unwrap();
    let sum: i64 = file.query_row("SELECT sum(x) FROM t", (), |row| row.get(0)).unwrap();
    assert_eq!(sum, 42);
    println!("ok");
}
