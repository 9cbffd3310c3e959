//! Imports by their names, as a module asks for them.

use crate::engine::{ImportType, Module};
use crate::error::{Error, Result};
use crate::runtime::{Extern, Func, Instance, IntoFunc, Store};
use std::collections::HashMap;
use std::rc::Rc;

/// What modules may import: names and what they stand for. It may hold more than a module asks for. Cheap to clone.
///
/// ```
/// use wasmo::{Config, Imports, Instance, Module};
/// let library = Module::new(r#"(module (memory (export "memory") 1))"#, Config::new())?;
/// let program = Module::new(r#"(module
///     (import "library" "memory" (memory 1))
///     (import "host" "log" (func (param i32))))"#, Config::new())?;
///
/// let mut imports = Imports::default();
/// imports.func("host", "log", |value: i32| println!("{value}"));
/// let library = Instance::new(&library, &imports)?;
/// imports.instance("library", &library);
/// let program = Instance::new(&program, &imports)?;
/// # Ok::<(), wasmo::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Imports {
    store: Option<Store>,
    /// By module, then by name.
    named: HashMap<String, HashMap<String, Import>>,
}

#[derive(Clone)]
enum Import {
    Extern(Extern),
    /// A function of the host for any store.
    Func(Rc<dyn Fn(&Store) -> Func>),
}

impl Imports {
    /// None yet, for instances in `store`. With [`Imports::default`] they get a store of their own, unless something is
    /// added that belongs to one.
    pub fn new(store: &Store) -> Imports {
        Imports { store: Some(store.clone()), named: HashMap::new() }
    }

    /// Adds an import, in place of one of the same names. Instances are then made in its store.
    pub fn define(&mut self, module: &str, name: &str, external: impl Into<Extern>) -> &mut Imports {
        let external = external.into();
        self.store.get_or_insert_with(|| external.store().clone());
        self.insert(module, name, Import::Extern(external))
    }

    /// Adds a function of the host, as [`Func::wrap`] makes it of a closure, in whatever store an instance is made.
    pub fn func<Params: 'static, R: 'static>(
        &mut self,
        module: &str,
        name: &str,
        closure: impl IntoFunc<Params, R> + Clone + 'static,
    ) -> &mut Imports {
        self.insert(module, name, Import::Func(Rc::new(move |store| Func::wrap(store, closure.clone()))))
    }

    /// Adds all that an instance exports, under one module name.
    pub fn instance(&mut self, module: &str, instance: &Instance) -> &mut Imports {
        for (name, external) in instance.named_exports() {
            self.define(module, name, external);
        }
        self
    }

    fn insert(&mut self, module: &str, name: &str, import: Import) -> &mut Imports {
        self.named.entry(module.to_owned()).or_default().insert(name.to_owned(), import);
        self
    }

    fn resolve(&self, store: &Store, import: &ImportType) -> Result<Extern> {
        let ImportType { module, name, ty } = import;
        match self.named.get(module).and_then(|named| named.get(name)) {
            Some(Import::Extern(external)) => Ok(external.clone()),
            Some(Import::Func(make)) => Ok(make(store).into()),
            None => Err(Error::Link(format!("the import \"{module}\" \"{name}\" is missing: expected {ty}"))),
        }
    }
}

impl std::fmt::Debug for Imports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = |(module, named): (&String, &HashMap<String, Import>)| {
            named.keys().map(|name| format!("{module}.{name}")).collect::<Vec<_>>()
        };
        f.debug_set().entries(self.named.iter().flat_map(names)).finish()
    }
}

impl Instance {
    /// Makes an instance of a module with what it imports, in the store of the imports, and runs its start function.
    /// [`Module::instantiate`] takes imports in order instead.
    ///
    /// # Errors
    /// [`Error::Link`] if an import is missing or does not fit, else as [`Module::instantiate`].
    pub fn new(module: &Module, imports: &Imports) -> Result<Instance> {
        let store = match &imports.store {
            Some(store) => store.clone(),
            None => Store::new(module.engine())?,
        };
        let given = module.imports().map(|import| imports.resolve(&store, &import)).collect::<Result<Vec<_>>>()?;
        module.instantiate(&store, &given)
    }
}
