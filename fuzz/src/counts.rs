//! How much was done.

use std::fmt;
use std::ops::AddAssign;
use std::str::FromStr;

macro_rules! counts {
    ($( $(#[$meta:meta])* $name:ident, )*) => {
        #[derive(Clone, Copy, Default)]
        pub struct Counts {
            $( $(#[$meta])* pub $name: u64, )*
        }

        impl AddAssign for Counts {
            fn add_assign(&mut self, other: Counts) {
                $( self.$name += other.$name; )*
            }
        }

        /// As a worker tells them.
        impl fmt::Display for Counts {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                $( write!(f, "{} ", self.$name)?; )*
                Ok(())
            }
        }

        impl FromStr for Counts {
            type Err = String;

            fn from_str(text: &str) -> Result<Counts, String> {
                let mut numbers = text.split_whitespace();
                let mut next = || numbers.next()?.parse().ok();
                $( let $name = next().ok_or_else(|| format!("no counts: {text}"))?; )*
                Ok(Counts { $( $name, )* })
            }
        }
    };
}

counts! {
    cases,
    /// Cases that found a fault.
    failed,
    /// Modules that were tried.
    modules,
    /// Those that were valid and implemented.
    compiled,
    /// Instances that were tried to make.
    instances,
    /// Those that were made.
    linked,
    /// Calls and other acts of the host.
    calls,
    /// Those that succeeded.
    returns,
    /// Processor time, in hundredths of a second.
    cpu,
}

impl Counts {
    /// For people.
    pub fn sentence(&self) -> String {
        let Counts { cases, failed, modules, compiled, instances, linked, calls, returns, cpu } = self;
        let cpu = cpu / 100;
        format!(
            "{cases} cases, {compiled} of {modules} modules compiled, {linked} of {instances} instances made, \
             {returns} of {calls} calls returned, {failed} failures, {cpu} CPU s"
        )
    }
}
