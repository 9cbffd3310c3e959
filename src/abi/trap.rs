//! Why wasm code stopped.

use std::fmt;

macro_rules! trap_codes {
    ($( $(#[$meta:meta])* $name:ident = $number:literal, $message:literal; )*) => {
        /// The reason of a trap ([spec](https://webassembly.github.io/spec/core/intro/overview.html#trap)). The numbers
        /// are part of the ABI.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u32)]
        #[non_exhaustive]
        pub enum TrapCode {
            $( $(#[$meta])* $name = $number, )*
        }

        impl TrapCode {
            /// The code with this number, as generated code hands it over.
            pub(crate) fn from_number(number: u32) -> Option<TrapCode> {
                match number {
                    $( $number => Some(TrapCode::$name), )*
                    _ => None,
                }
            }

            /// What happened, in the words of the spec's tests.
            pub fn message(self) -> &'static str {
                match self {
                    $( TrapCode::$name => $message, )*
                }
            }
        }
    };
}

trap_codes! {
    /// `unreachable` was executed.
    Unreachable = 1, "unreachable";
    /// An access beyond the end of a linear memory.
    MemoryOutOfBounds = 2, "out of bounds memory access";
    /// An access beyond the end of a table.
    TableOutOfBounds = 3, "out of bounds table access";
    /// An indirect call through an index beyond the end of the table.
    UndefinedElement = 4, "undefined element";
    /// An indirect call through a null element.
    UninitializedElement = 5, "uninitialized element";
    /// An indirect call to a function of another type.
    IndirectCallTypeMismatch = 6, "indirect call type mismatch";
    /// The result of an integer division or of a conversion does not fit its type.
    IntegerOverflow = 7, "integer overflow";
    /// An integer was divided by zero.
    IntegerDivideByZero = 8, "integer divide by zero";
    /// A NaN was converted to an integer.
    InvalidConversionToInteger = 9, "invalid conversion to integer";
    /// The stack of the thread is used up.
    StackOverflow = 10, "call stack exhausted";
    /// A host function returned a trap.
    Host = 11, "host function trapped";
    /// A host function returned a value of another type than its own type says.
    HostResultMismatch = 12, "host function returned a value of the wrong type";
    /// The code of a function could not be compiled or linked.
    CodeUnavailable = 13, "the function's code could not be made ready";
    /// A fault of wasmo itself. Please report it.
    Internal = 14, "internal error of wasmo";
    /// Another thread asked the store to stop.
    Interrupted = 15, "interrupted";
    /// The fuel of the store does not suffice for what comes next.
    OutOfFuel = 16, "all fuel consumed";
}

impl fmt::Display for TrapCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}
