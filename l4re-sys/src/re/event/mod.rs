//! Sources of events ([`proto::EVENT`](crate::proto::EVENT)); they are interrupt controllers, too:
//! interrupt 0 tells of new events ([`op::icu`](crate::op::icu)).

pub mod codes;

use zerocopy::{FromBytes, Immutable, IntoBytes};

abi! {
    in "l4/re/event" {
        /// Buffer: one capability. Out: item: the dataspace that is the buffer ([`Event`]s, one
        /// behind the other). The buffer is emptied.
        GET_BUFFER: u32 = 0 => "L4Re::Event::get_buffer";
        /// Out: the label is the number of streams.
        GET_NUM_STREAMS: u32 = 1 => "L4Re::Event::get_num_streams";
        /// In: the stream's index (4, 4 bytes). Out: [`StreamInfo`] (0).
        GET_STREAM_INFO: u32 = 2 => "L4Re::Event::get_stream_info";
        /// In: the stream's number (8, word). Out: [`StreamInfo`] (0).
        GET_STREAM_INFO_FOR_ID: u32 = 3 => "L4Re::Event::get_stream_info_for_id";
        /// In: the stream's number (8, word), how many axes (16, word), the axes (24, 4 bytes
        /// each). Out: how many (0, word), an [`AbsInfo`] each (8).
        GET_AXIS_INFO: u32 = 4 => "L4Re::Event::get_axis_info";
        /// In: the stream's number (8, word). Out: [`StreamState`] (0).
        GET_STREAM_STATE_FOR_ID: u32 = 5 => "L4Re::Event::get_stream_state_for_id";
    }
    in "l4/re/event.h" {
        /// The highest number of a type of events.
        EV_MAX: usize = 0x1f => "L4RE_EVENT_EV_MAX";
        /// The highest number of a key.
        KEY_MAX: usize = 0x1ff => "L4RE_EVENT_KEY_MAX";
        /// The highest number of a relative axis.
        REL_MAX: usize = 0xf => "L4RE_EVENT_REL_MAX";
        /// The highest number of an absolute axis.
        ABS_MAX: usize = 0x3f => "L4RE_EVENT_ABS_MAX";
        /// The highest number of a property.
        PROP_MAX: usize = 0x1f => "L4RE_EVENT_PROP_MAX";
        /// The highest number of a switch.
        SW_MAX: usize = 0xf => "L4RE_EVENT_SW_MAX";
        /// Property: the stream has to be calibrated.
        STREAM_CALIBRATE: u32 = 1 => "L4RE_EVENT_STREAM_CALIBRATE";
    }
}

abi_struct! {
    /// An event as it stands in the buffer. A place whose time is 0 is free.
    #[derive(FromBytes, Immutable, IntoBytes)]
    pub struct Event = "l4re_event_t" in "l4/re/c/event.h" {
        /// When it was, in microseconds of the system's clock.
        time: i64 => "time",
        /// The type: [`EV_KEY`](codes::EV_KEY) and others.
        kind: u16 => "type",
        /// Which key, axis or button.
        code: u16 => "code",
        /// Its value.
        value: i32 => "value",
        /// The number of the stream that it is from.
        stream_id: u64 => "stream_id",
    }
}

abi_struct! {
    /// What a device is.
    #[derive(FromBytes, Immutable, IntoBytes)]
    pub struct StreamId = "l4re_event_stream_id_t" in "l4/re/event.h" {
        /// The bus.
        bustype: u16 => "bustype",
        /// The vendor.
        vendor: u16 => "vendor",
        /// The product.
        product: u16 => "product",
        /// The version.
        version: u16 => "version",
    }
}

abi_struct! {
    /// What a stream has. Of bit maps, bit `n % 64` of word `n / 64` tells of number `n`.
    #[derive(FromBytes, Immutable, IntoBytes)]
    pub struct StreamInfo = "l4re_event_stream_info_t" in "l4/re/event.h" {
        /// The stream's number.
        stream_id: u64 => "stream_id",
        /// The name, ended by 0.
        name: [u8; 32] => "name",
        /// Where the device is, ended by 0.
        phys: [u8; 32] => "phys",
        /// What the device is.
        id: StreamId => "id",
        /// Properties.
        propbits: [u64; 1] => "propbits",
        /// Types of events.
        evbits: [u64; 1] => "evbits",
        /// Keys and buttons.
        keybits: [u64; 8] => "keybits",
        /// Relative axes.
        relbits: [u64; 1] => "relbits",
        /// Absolute axes.
        absbits: [u64; 1] => "absbits",
        /// Switches.
        swbits: [u64; 1] => "swbits",
    }
}

abi_struct! {
    /// An absolute axis.
    #[derive(FromBytes, Immutable, IntoBytes)]
    pub struct AbsInfo = "l4re_event_absinfo_t" in "l4/re/event.h" {
        /// The value now.
        value: i32 => "value",
        /// The least value.
        min: i32 => "min",
        /// The greatest value.
        max: i32 => "max",
        /// By how much values are noise.
        fuzz: i32 => "fuzz",
        /// The size of the middle that is no deflection.
        flat: i32 => "flat",
        /// Steps a unit.
        resolution: i32 => "resolution",
    }
}

abi_struct! {
    /// What is pressed and switched on.
    #[derive(FromBytes, Immutable, IntoBytes)]
    pub struct StreamState = "l4re_event_stream_state_t" in "l4/re/event.h" {
        /// Keys and buttons.
        keybits: [u64; 8] => "keybits",
        /// Switches.
        swbits: [u64; 1] => "swbits",
    }
}
