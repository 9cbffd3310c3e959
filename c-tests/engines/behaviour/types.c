// Types: what they are made of, what they say of themselves, and their casts.

#include "probe.h"

static const wasm_valkind_t kinds[] = {WASM_I32, WASM_I64, WASM_F32, WASM_F64, WASM_EXTERNREF, WASM_FUNCREF};
enum { KINDS = sizeof kinds / sizeof *kinds };

static void valtypes(void) {
    for (size_t i = 0; i < KINDS; i++) {
        wasm_valtype_t* type = api->valtype_new(kinds[i]);
        wasm_valtype_t* copy = api->valtype_copy(type);
        api->valtype_delete(type);
        say("%s", text_of_kind(api->valtype_kind(copy)));
    }
}

static void functypes(void) {
    wasm_functype_t* type = api_functype(api, "iIfFrc", "Fi");
    wasm_functype_t* copy = api->functype_copy(type);
    api->functype_delete(type);
    say("%s", text_of_type(api->functype_as_externtype_const(copy)));
    say("%s", text_of_type(api->functype_as_externtype_const(api_functype(api, "", ""))));
}

static void functype_takes_its_vectors(void) {
    wasm_valtype_vec_t params, results;
    wasm_valtype_t* types[] = {api->valtype_new(WASM_I32)};
    api->valtype_vec_new(&params, 1, types);
    api->valtype_vec_new_empty(&results);
    api->functype_new(&params, &results);
    say("%zu parameters are left, and the data is %s", params.size, params.data ? "something" : "null");
}

static void globaltypes(void) {
    for (size_t i = 0; i < KINDS; i++) {
        for (wasm_mutability_t mutability = WASM_CONST; mutability <= WASM_VAR; mutability++) {
            wasm_globaltype_t* type = api->globaltype_new(api->valtype_new(kinds[i]), mutability);
            wasm_globaltype_t* copy = api->globaltype_copy(type);
            api->globaltype_delete(type);
            say("%s", text_of_type(api->globaltype_as_externtype_const(copy)));
        }
    }
}

static const wasm_limits_t all_limits[] = {
    {0, 0}, {0, wasm_limits_max_default}, {1, 2}, {0xffff, 0x10000}, {0x10000, wasm_limits_max_default}};
enum { LIMITS = sizeof all_limits / sizeof *all_limits };

static void tabletypes(void) {
    for (size_t i = 0; i < LIMITS; i++) {
        wasm_tabletype_t* type = api->tabletype_new(api->valtype_new(WASM_FUNCREF), &all_limits[i]);
        wasm_tabletype_t* copy = api->tabletype_copy(type);
        api->tabletype_delete(type);
        say("%s", text_of_type(api->tabletype_as_externtype_const(copy)));
    }
    say("%s", text_of_type(api->tabletype_as_externtype_const(
                  api->tabletype_new(api->valtype_new(WASM_EXTERNREF), &all_limits[2]))));
}

static void memorytypes(void) {
    for (size_t i = 0; i < LIMITS; i++) {
        wasm_memorytype_t* type = api->memorytype_new(&all_limits[i]);
        wasm_memorytype_t* copy = api->memorytype_copy(type);
        api->memorytype_delete(type);
        say("%s", text_of_type(api->memorytype_as_externtype_const(copy)));
    }
}

static void tagtypes(void) {
    wasm_tagtype_t* type = api->tagtype_new(api_functype(api, "iF", ""));
    wasm_tagtype_t* copy = api->tagtype_copy(type);
    api->tagtype_delete(type);
    say("%s of %s", text_of_type(api->tagtype_as_externtype_const(copy)),
        text_of_valtypes(api->functype_params(api->tagtype_functype(copy))));
}

// Types that nothing can have; what is made of them is another matter.
static void memorytype_with_a_minimum_above_the_maximum(void) {
    const wasm_limits_t limits = {2, 1};
    wasm_memorytype_t* type = api->memorytype_new(&limits);
    say("%s", type ? text_of_limits(api->memorytype_limits(type)) : "no type");
}

static void memorytype_beyond_the_address_space(void) {
    const wasm_limits_t limits = {0x10001, wasm_limits_max_default};
    wasm_memorytype_t* type = api->memorytype_new(&limits);
    say("%s", type ? text_of_limits(api->memorytype_limits(type)) : "no type");
}

static void tabletype_with_a_minimum_above_the_maximum(void) {
    const wasm_limits_t limits = {2, 1};
    wasm_tabletype_t* type = api->tabletype_new(api->valtype_new(WASM_FUNCREF), &limits);
    say("%s", type ? text_of_limits(api->tabletype_limits(type)) : "no type");
}

static void casts_of_externtypes(void) {
    wasm_externtype_t* types[] = {
        api->functype_as_externtype(api_functype(api, "", "")),
        api->globaltype_as_externtype(api->globaltype_new(api->valtype_new(WASM_I32), WASM_CONST)),
        api->tabletype_as_externtype(api->tabletype_new(api->valtype_new(WASM_FUNCREF), &all_limits[2])),
        api->memorytype_as_externtype(api->memorytype_new(&all_limits[2])),
        api->tagtype_as_externtype(api->tagtype_new(api_functype(api, "", ""))),
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        wasm_externtype_t* copy = api->externtype_copy(types[i]);
        say("%s is function %d, global %d, table %d, memory %d, tag %d", text_of_type(copy),
            api->externtype_as_functype(copy) != NULL, api->externtype_as_globaltype(copy) != NULL,
            api->externtype_as_tabletype(copy) != NULL, api->externtype_as_memorytype(copy) != NULL,
            api->externtype_as_tagtype(copy) != NULL);
        api->externtype_delete(types[i]);
    }
}

static wasm_name_t new_name(const char* text, size_t size) {
    wasm_name_t name;
    api->byte_vec_new(&name, size, text);
    return name;
}

static void importtypes(void) {
    wasm_name_t module = new_name("the module", 10), name = new_name("a\0b", 3);
    wasm_importtype_t* type =
        api->importtype_new(&module, &name, api->functype_as_externtype(api_functype(api, "i", "")));
    say("the names are left with %zu and %zu bytes", module.size, name.size);
    wasm_importtype_t* copy = api->importtype_copy(type);
    api->importtype_delete(type);
    say("%s %s %s", text_of_name(api->importtype_module(copy)), text_of_name(api->importtype_name(copy)),
        text_of_type(api->importtype_type(copy)));
}

static void exporttypes(void) {
    wasm_name_t name = new_name("", 0);
    wasm_exporttype_t* type =
        api->exporttype_new(&name, api->memorytype_as_externtype(api->memorytype_new(&all_limits[2])));
    wasm_exporttype_t* copy = api->exporttype_copy(type);
    api->exporttype_delete(type);
    say("%s %s", text_of_name(api->exporttype_name(copy)), text_of_type(api->exporttype_type(copy)));
}

const probe_t type_probes[] = {
    PROBE(valtypes),
    PROBE(functypes),
    PROBE(functype_takes_its_vectors),
    PROBE(globaltypes),
    PROBE(tabletypes),
    PROBE(memorytypes),
    PROBE(tagtypes),
    PROBE(memorytype_with_a_minimum_above_the_maximum),
    PROBE(memorytype_beyond_the_address_space),
    PROBE(tabletype_with_a_minimum_above_the_maximum),
    PROBE(casts_of_externtypes),
    PROBE(importtypes),
    PROBE(exporttypes),
    {NULL, NULL},
};
