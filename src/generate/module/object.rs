//! JSON objects written member by member. The words they are made of need no escapes.

/// An object that is being written.
pub(super) struct Object<'a> {
    out: &'a mut Vec<u8>,
    is_empty: bool,
}

impl Object<'_> {
    /// Append the object whose members `members` adds.
    pub(super) fn write(out: &mut Vec<u8>, members: impl FnOnce(&mut Object<'_>)) {
        out.push(b'{');
        let mut object = Object { out, is_empty: true };
        members(&mut object);
        object.out.push(b'}');
    }

    fn name(&mut self, name: &str) {
        if !std::mem::take(&mut self.is_empty) {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    /// A member whose text `write` appends.
    pub(super) fn text(&mut self, name: &str, write: impl FnOnce(&mut Vec<u8>)) {
        self.name(name);
        self.out.push(b'"');
        write(self.out);
        self.out.push(b'"');
    }

    /// A member that is a word.
    pub(super) fn word(&mut self, name: &str, word: &str) {
        self.text(name, |out| out.extend_from_slice(word.as_bytes()));
    }

    /// A member that is an object.
    pub(super) fn object(&mut self, name: &str, members: impl FnOnce(&mut Object<'_>)) {
        self.name(name);
        Object::write(self.out, members);
    }

    /// A member that is an array of `count` objects.
    pub(super) fn array(&mut self, name: &str, count: usize, mut members: impl FnMut(&mut Object<'_>)) {
        self.name(name);
        self.out.push(b'[');
        for place in 0..count {
            if place > 0 {
                self.out.push(b',');
            }
            Object::write(self.out, &mut members);
        }
        self.out.push(b']');
    }
}
