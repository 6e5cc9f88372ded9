use uuid::{Uuid, Version};

fn main() {
    let (a, b) = (Uuid::new_v4(), Uuid::new_v4());
    assert_ne!(a, b);
    assert_eq!(a.get_version(), Some(Version::Random));
    assert_eq!(a.to_string().parse::<Uuid>().unwrap(), a);
    println!("ok");
}
