//! Name spaces ([`proto::NAMESPACE`](crate::proto::NAMESPACE)).

abi! {
    in "l4/re/namespace" {
        /// In: length of the name (8, word), the name (16); buffer: one capability. Out: an
        /// item: the object, or the name space to go on with; then the label has
        /// [`PARTLY_RESOLVED`] set, and the rest of the name is a number that has no meaning
        /// (0, 4 bytes), its length (8, word) and its bytes (16).
        QUERY: u32 = 0 => "L4Re::Namespace::query";
        /// In: flags (4, 4 bytes), length of the name (8, word), the name (16); item: the
        /// object, or none to announce one.
        REGISTER_OBJ: u32 = 1 => "L4Re::Namespace::register_obj";
        /// In: length of the name (8, word), the name (16).
        UNLINK: u32 = 3 => "L4Re::Namespace::unlink";
        /// Of the label of a reply to [`QUERY`]: the name was resolved in part.
        PARTLY_RESOLVED: i64 = 0x20 => "L4Re::Namespace::Partly_resolved";
        /// Of [`REGISTER_OBJ`]: replace what has the name.
        REGISTER_OVERWRITE: u32 = 0x200 => "L4Re::Namespace::Overwrite";
    }
    in "l4/re/c/namespace.h" {
        /// Of [`REGISTER_OBJ`]: read-only.
        REGISTER_RO: u32 = 4 => "L4RE_NS_REGISTER_RO";
        /// Of [`REGISTER_OBJ`]: with the right to write.
        REGISTER_RW: u32 = 5 => "L4RE_NS_REGISTER_RW";
        /// Of [`REGISTER_OBJ`]: with the rights to write and special.
        REGISTER_RWS: u32 = 7 => "L4RE_NS_REGISTER_RWS";
        /// Of [`REGISTER_OBJ`]: a name space, to go on with.
        REGISTER_DIR: u32 = 16 => "L4RE_NS_REGISTER_DIR";
        /// Of [`REGISTER_OBJ`]: with the right special.
        REGISTER_S: u32 = 2 => "L4RE_NS_REGISTER_S";
    }
}
