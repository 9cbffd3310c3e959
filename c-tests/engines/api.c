#include "api.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char* const names[] = {
#define FUNCTION(name) "wasm_" #name,
#include "functions.inc"
#undef FUNCTION
};

_Static_assert(sizeof(api_t) == sizeof names / sizeof *names * sizeof(void*), "only functions, one for each name");

void api_fail(const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    printf("failed: ");
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
    fflush(stdout);
    _Exit(EXIT_FAILURE);
}

// The first name that the library lacks is put into `missing`, if there is one.
static api_t load(const char* library, const char** missing) {
    void* handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) api_fail("%s", dlerror());
    api_t api;
    for (size_t i = sizeof names / sizeof *names; i-- > 0;) {
        void* function = dlsym(handle, names[i]);
        if (function == NULL) *missing = names[i];
        memcpy((char*)&api + i * sizeof function, &function, sizeof function);
    }
    return api;
}

api_t api_load(const char* library) {
    const char* missing = NULL;
    const api_t api = load(library, &missing);
    if (missing != NULL) api_fail("%s has no function %s", library, missing);
    return api;
}

api_t api_load_partly(const char* library) {
    const char* missing;
    return load(library, &missing);
}

void (*api_other(const char* library, const char* name))(void) {
    void* handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) api_fail("%s", dlerror());
    void* symbol = dlsym(handle, name);
    void (*function)(void);
    memcpy(&function, &symbol, sizeof function);
    return function;
}

wasm_byte_vec_t api_read(const api_t* api, const char* name) {
    char path[256];
    snprintf(path, sizeof path, "%s.wasm", name);
    FILE* file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) api_fail("%s cannot be opened", path);
    wasm_byte_vec_t bytes;
    api->byte_vec_new_uninitialized(&bytes, (size_t)ftell(file));
    rewind(file);
    if (fread(bytes.data, 1, bytes.size, file) != bytes.size) api_fail("%s cannot be read", path);
    fclose(file);
    return bytes;
}

static wasm_valtype_vec_t valtypes(const api_t* api, const char* letters) {
    wasm_valtype_vec_t types;
    api->valtype_vec_new_uninitialized(&types, strlen(letters));
    for (size_t i = 0; i < types.size; i++) {
        static const char known[] = "iIfFrc";
        static const wasm_valkind_t kinds[] = {WASM_I32, WASM_I64, WASM_F32, WASM_F64, WASM_EXTERNREF, WASM_FUNCREF};
        types.data[i] = api->valtype_new(kinds[strchr(known, letters[i]) - known]);
    }
    return types;
}

wasm_functype_t* api_functype(const api_t* api, const char* params, const char* results) {
    wasm_valtype_vec_t param_types = valtypes(api, params), result_types = valtypes(api, results);
    return api->functype_new(&param_types, &result_types);
}

wasm_func_t* api_export(const api_t* api, const wasm_module_t* module, const wasm_extern_vec_t* exports,
                        const char* name) {
    wasm_exporttype_vec_t types;
    api->module_exports(module, &types);
    wasm_func_t* found = NULL;
    for (size_t i = 0; i < types.size; i++) {
        const wasm_name_t* export = api->exporttype_name(types.data[i]);
        if (export->size == strlen(name) && memcmp(export->data, name, export->size) == 0) {
            found = api->extern_as_func(exports->data[i]);
        }
    }
    api->exporttype_vec_delete(&types);
    if (found == NULL) api_fail("there is no function \"%s\"", name);
    return found;
}
