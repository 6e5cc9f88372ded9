use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, imageops};

fn main() {
    let picture = RgbImage::from_fn(64, 48, |x, y| Rgb([x as u8 * 4, y as u8 * 5, 77]));
    for format in [ImageFormat::Png, ImageFormat::Bmp] {
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::from(picture.clone()).write_to(&mut bytes, format).unwrap();
        let back = image::load_from_memory(bytes.get_ref()).unwrap().to_rgb8();
        assert!(back == picture, "{format:?}");
    }
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(picture.clone()).write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    let back = image::load_from_memory(bytes.get_ref()).unwrap().to_rgb8();
    let off = (back.iter().zip(picture.iter())).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
    assert!(off < 60, "{off}");
    let small = imageops::resize(&picture, 16, 12, imageops::FilterType::Triangle);
    assert_eq!(small.dimensions(), (16, 12));
    println!("ok");
}
