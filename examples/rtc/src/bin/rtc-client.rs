//! A client: prints the date, and sets the clock to the time that it has.

#![no_std]
#![no_main]

use core::time::Duration;
use l4re::services::Icu;
use l4re::sys::{Timeout, TimeoutS};
use l4re::{Cap, Env, Error, Result, println, time};
use rtc::{Date, Rtc};

/// How far the clock may be off, in nanoseconds: it shows no parts of a second.
const PRECISION: u64 = 1_100_000_000;

#[l4re::main]
fn main(env: &Env) -> Result<()> {
    let rtc: Cap<dyn Rtc> = env.named("rtc")?;
    let now = |offset: u64| (offset.wrapping_add(env.kip().clock_us() * 1000)) / 1_000_000_000;

    let (_, offset) = rtc.timer_offset()?;
    println!("it is {} UTC", Date::from_seconds(now(offset)));

    let before = now(offset);
    time::sleep(Duration::from_millis(1100));
    let (_, same) = rtc.timer_offset()?;
    if now(same) > before && same == offset {
        println!("the clock goes on");
    }

    // Who binds the interrupt is told when somebody sets the clock.
    let irq = env.factory().create_irq()?;
    irq.bind_thread(env.main_thread(), 0)?;
    rtc.bind(0, irq.cap())?;
    rtc.set_timer_offset(offset)?;
    irq.receive(Timeout::new(TimeoutS::NEVER, TimeoutS::from_us(1_000_000)))?;
    let (_, set) = rtc.timer_offset()?;
    println!("after setting: {} UTC", Date::from_seconds(now(set)));
    if set.abs_diff(offset) > PRECISION {
        return Err(Error::INVALID);
    }
    Ok(())
}
