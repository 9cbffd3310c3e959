// The guest of the demo: SHA-256 and word statistics of a text, as a WebAssembly module without any library.
//
// It brings what a C library would (memory functions, an allocator, sorting, number formatting), reads the text in
// chunks through the host's `read_chunk` and reports through the host's `print_line`. It runs in the sandbox of its
// linear memory, which it and the host both grow.

typedef unsigned char uint8_t;
typedef unsigned int uint32_t;
typedef unsigned long long uint64_t;
typedef __SIZE_TYPE__ size_t;

#define NULL ((void*)0)
#define IMPORT(name) __attribute__((import_module("env"), import_name(#name)))
#define EXPORT(name) __attribute__((export_name(#name)))
// Keeps a function apart from its callers, so that it shows up in a backtrace.
#define NOINLINE __attribute__((noinline))

// --- What the host provides ---

// Fills `buffer` with up to `capacity` bytes of the text; returns how many, 0 at its end.
IMPORT(read_chunk) uint32_t read_chunk(uint8_t* buffer, uint32_t capacity);
// Prints one line of the report; the host adds the line break.
IMPORT(print_line) void print_line(const char* text, uint32_t length);

// --- Memory and strings ---

// The compiler may call the first two by itself, for the copy of a struct. They must not be turned into calls of
// themselves, which is why the guest is compiled with -fno-builtin.
void* memcpy(void* to, const void* from, size_t size) {
    uint8_t* t = to;
    const uint8_t* f = from;
    while (size--) *t++ = *f++;
    return to;
}

void* memset(void* to, int value, size_t size) {
    uint8_t* t = to;
    while (size--) *t++ = (uint8_t)value;
    return to;
}

static int memcmp(const void* left, const void* right, size_t size) {
    const uint8_t* l = left;
    const uint8_t* r = right;
    for (; size; size--, l++, r++) {
        if (*l != *r) return *l < *r ? -1 : 1;
    }
    return 0;
}

static size_t strlen(const char* text) {
    size_t length = 0;
    while (text[length]) length++;
    return length;
}

// --- The allocator ---
//
// A list of free blocks in the order of their addresses: the first that fits is taken and split, neighbours are
// joined again when a block is freed. When nothing fits, the linear memory grows.

enum { PAGE_SIZE = 0x10000, ALIGNMENT = 8, SMALLEST_SPLIT = 32 };

typedef struct Block {
    size_t size;         // of the whole block in bytes, this header included
    struct Block* next;  // the next free block; unused while the block is in use
} Block;

static Block* free_blocks;

void free(void* pointer) {
    if (pointer == NULL) return;
    Block* block = (Block*)pointer - 1;

    Block** link = &free_blocks;
    Block* before = NULL;
    while (*link && *link < block) {
        before = *link;
        link = &before->next;
    }
    block->next = *link;
    *link = block;

    if (block->next && (uint8_t*)block + block->size == (uint8_t*)block->next) {
        block->size += block->next->size;
        block->next = block->next->next;
    }
    if (before && (uint8_t*)before + before->size == (uint8_t*)block) {
        before->size += block->size;
        before->next = block->next;
    }
}

// Adds a free block of at least `size` bytes at the end of the linear memory. The host may have grown the memory
// in between, so the new block need not touch the one before.
static int grow_heap(size_t size) {
    const size_t pages = size / PAGE_SIZE + 1;
    const size_t first_page = __builtin_wasm_memory_grow(0, pages);
    if (first_page == (size_t)-1) return 0;
    Block* block = (Block*)(first_page * PAGE_SIZE);
    block->size = pages * PAGE_SIZE;
    free(block + 1);
    return 1;
}

static void* take_free_block(size_t size) {
    for (Block** link = &free_blocks; *link; link = &(*link)->next) {
        Block* block = *link;
        if (block->size < size) continue;
        if (block->size - size >= SMALLEST_SPLIT) {
            Block* rest = (Block*)((uint8_t*)block + size);
            rest->size = block->size - size;
            rest->next = block->next;
            block->size = size;
            *link = rest;
        } else {
            *link = block->next;
        }
        return block + 1;
    }
    return NULL;
}

// Never returns NULL: the guest can do nothing useful without memory, so it traps.
void* malloc(size_t size) {
    size = (size + sizeof(Block) + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    void* block = take_free_block(size);
    if (block) return block;
    if (!grow_heap(size)) __builtin_trap();
    return take_free_block(size);
}

// --- The text of the report ---

typedef struct {
    char text[256];
    size_t length;
} Line;

// What does not fit is cut off.
static void add_bytes(Line* line, const void* bytes, size_t length) {
    const size_t room = sizeof line->text - line->length;
    if (length > room) length = room;
    memcpy(line->text + line->length, bytes, length);
    line->length += length;
}

static void add_text(Line* line, const char* text) {
    add_bytes(line, text, strlen(text));
}

static void add_spaces_up_to(Line* line, size_t column) {
    while (line->length < column) add_bytes(line, " ", 1);
}

static void add_number(Line* line, uint64_t number) {
    char digits[20];
    size_t first = sizeof digits;
    do {
        digits[--first] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    add_bytes(line, digits + first, sizeof digits - first);
}

// Two decimals, rounded.
static void add_decimal(Line* line, double number) {
    const uint64_t hundredths = (uint64_t)(number * 100.0 + 0.5);
    add_number(line, hundredths / 100);
    add_text(line, ".");
    if (hundredths % 100 < 10) add_text(line, "0");
    add_number(line, hundredths % 100);
}

static void print(const Line* line) {
    print_line(line->text, line->length);
}

// Starts a line of the report with its label; the values stand in a column.
static Line labelled(const char* label) {
    Line line;
    line.length = 0;
    add_text(&line, label);
    add_spaces_up_to(&line, 18);
    return line;
}

static void print_count(const char* label, uint64_t count) {
    Line line = labelled(label);
    add_number(&line, count);
    print(&line);
}

// --- The analysers ---
//
// Each sees the text chunk by chunk, and none knows of the others. They are called through a table of function
// pointers, which in WebAssembly is a table with call_indirect.

typedef struct {
    void (*start)(void);
    void (*feed)(const uint8_t* chunk, size_t length);
    void (*finish)(void);
    void (*report)(void);
} Analyser;

static void nothing(void) {}

// --- Analyser: sizes ---

static struct {
    uint64_t bytes, lines;
    uint64_t line_length, longest_line;
} sizes;

static void sizes_start(void) {
    memset(&sizes, 0, sizeof sizes);
}

static void sizes_feed(const uint8_t* chunk, size_t length) {
    sizes.bytes += length;
    for (size_t i = 0; i < length; i++) {
        if (chunk[i] == '\n') {
            sizes.lines++;
            sizes.line_length = 0;
        } else if (++sizes.line_length > sizes.longest_line) {
            sizes.longest_line = sizes.line_length;
        }
    }
}

static void sizes_report(void) {
    print_count("bytes", sizes.bytes);
    print_count("lines", sizes.lines);
    print_count("longest line", sizes.longest_line);
}

// --- Analyser: SHA-256 (FIPS 180-4) ---

enum { SHA_BLOCK = 64, SHA_DIGEST = 32 };

static const uint32_t sha_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static struct {
    uint32_t state[8];
    uint64_t length;
    uint8_t block[SHA_BLOCK];
    size_t filled;
    uint8_t digest[SHA_DIGEST];
} sha;

static void sha_start(void) {
    static const uint32_t initial_state[8] = {
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
    };
    memset(&sha, 0, sizeof sha);
    memcpy(sha.state, initial_state, sizeof sha.state);
}

static uint32_t rotate_right(uint32_t word, int bits) {
    return word >> bits | word << (32 - bits);
}

static void sha_compress(const uint8_t* block) {
    uint32_t w[64];
    for (int i = 0; i < 16; i++, block += 4) {
        w[i] = (uint32_t)block[0] << 24 | (uint32_t)block[1] << 16 | (uint32_t)block[2] << 8 | block[3];
    }
    for (int i = 16; i < 64; i++) {
        const uint32_t s0 = rotate_right(w[i - 15], 7) ^ rotate_right(w[i - 15], 18) ^ w[i - 15] >> 3;
        const uint32_t s1 = rotate_right(w[i - 2], 17) ^ rotate_right(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }

    uint32_t a = sha.state[0], b = sha.state[1], c = sha.state[2], d = sha.state[3];
    uint32_t e = sha.state[4], f = sha.state[5], g = sha.state[6], h = sha.state[7];
    for (int i = 0; i < 64; i++) {
        const uint32_t s1 = rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25);
        const uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + sha_constants[i] + w[i];
        const uint32_t s0 = rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22);
        const uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
        h = g;
        g = f;
        f = e;
        e = d + t1;
        d = c;
        c = b;
        b = a;
        a = t1 + t2;
    }
    const uint32_t changes[8] = {a, b, c, d, e, f, g, h};
    for (int i = 0; i < 8; i++) sha.state[i] += changes[i];
}

static void sha_feed(const uint8_t* chunk, size_t length) {
    sha.length += length;
    while (length) {
        size_t part = SHA_BLOCK - sha.filled;
        if (part > length) part = length;
        memcpy(sha.block + sha.filled, chunk, part);
        sha.filled += part;
        chunk += part;
        length -= part;
        if (sha.filled == SHA_BLOCK) {
            sha_compress(sha.block);
            sha.filled = 0;
        }
    }
}

static void sha_finish(void) {
    const uint64_t bits = sha.length * 8;
    const uint8_t end_of_text = 0x80, zero = 0;
    sha_feed(&end_of_text, 1);
    while (sha.filled != SHA_BLOCK - 8) sha_feed(&zero, 1);
    for (int i = 0; i < 8; i++) {
        const uint8_t byte = (uint8_t)(bits >> (56 - 8 * i));
        sha_feed(&byte, 1);
    }
    for (int i = 0; i < SHA_DIGEST; i++) sha.digest[i] = (uint8_t)(sha.state[i / 4] >> (24 - 8 * (i % 4)));
}

// --- Analyser: words ---
//
// A word is a run of letters, digits, underscores and bytes beyond ASCII; case does not matter. Words are counted
// in a hash table with open addressing, which doubles when it is three quarters full.

enum { LONGEST_WORD = 64, FIRST_CAPACITY = 256, RANKED = 5 };

typedef struct {
    char* text;
    uint32_t length;
    uint32_t count;
    uint32_t hash;
} Word;

static struct {
    Word** slots;
    uint32_t capacity;  // a power of two
    uint32_t distinct;
    uint64_t total, letters;
    char current[LONGEST_WORD];  // the word at the end of the last chunk may go on in the next
    uint32_t current_length;
    Word** ranking;  // all words, made by words_finish
} words;

static uint32_t hash_of(const char* text, uint32_t length) {
    uint32_t hash = 2166136261u;  // FNV-1a
    for (uint32_t i = 0; i < length; i++) hash = (hash ^ (uint8_t)text[i]) * 16777619u;
    return hash;
}

static Word** new_slots(uint32_t capacity) {
    return memset(malloc(capacity * sizeof(Word*)), 0, capacity * sizeof(Word*));
}

// The slot that holds the word, or the free one where it belongs.
static Word** find_slot(uint32_t hash, const char* text, uint32_t length) {
    for (uint32_t i = hash;; i++) {
        Word** slot = &words.slots[i & (words.capacity - 1)];
        const Word* word = *slot;
        if (word == NULL) return slot;
        if (word->hash == hash && word->length == length && memcmp(word->text, text, length) == 0) return slot;
    }
}

static void double_capacity(void) {
    Word** const old_slots = words.slots;
    const uint32_t old_capacity = words.capacity;
    words.capacity *= 2;
    words.slots = new_slots(words.capacity);
    for (uint32_t i = 0; i < old_capacity; i++) {
        Word* word = old_slots[i];
        if (word) *find_slot(word->hash, word->text, word->length) = word;
    }
    free(old_slots);
}

static void count_word(const char* text, uint32_t length) {
    const uint32_t hash = hash_of(text, length);
    Word** slot = find_slot(hash, text, length);
    if (*slot == NULL) {
        Word* word = malloc(sizeof *word);
        word->text = memcpy(malloc(length), text, length);
        word->length = length;
        word->count = 0;
        word->hash = hash;
        *slot = word;
        words.distinct++;
    }
    (*slot)->count++;
    words.total++;
    words.letters += length;
    if (words.distinct * 4 > words.capacity * 3) double_capacity();
}

static void end_current_word(void) {
    if (words.current_length) count_word(words.current, words.current_length);
    words.current_length = 0;
}

static void forget_words(void) {
    for (uint32_t i = 0; i < words.capacity; i++) {
        if (words.slots[i] == NULL) continue;
        free(words.slots[i]->text);
        free(words.slots[i]);
    }
    free(words.slots);
    free(words.ranking);
    memset(&words, 0, sizeof words);
}

static void words_start(void) {
    forget_words();
    words.capacity = FIRST_CAPACITY;
    words.slots = new_slots(FIRST_CAPACITY);
}

static int is_word_byte(uint8_t c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c >= 0x80;
}

static void words_feed(const uint8_t* chunk, size_t length) {
    for (size_t i = 0; i < length; i++) {
        const uint8_t c = chunk[i];
        if (!is_word_byte(c)) {
            end_current_word();
        } else if (words.current_length < LONGEST_WORD) {
            words.current[words.current_length++] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
        }
    }
}

typedef int (*Order)(const Word* left, const Word* right);

static int by_text(const Word* left, const Word* right) {
    const uint32_t shorter = left->length < right->length ? left->length : right->length;
    const int order = memcmp(left->text, right->text, shorter);
    return order ? order : (int)left->length - (int)right->length;
}

static int by_count(const Word* left, const Word* right) {
    if (left->count != right->count) return left->count > right->count ? -1 : 1;
    return by_text(left, right);
}

static int by_length(const Word* left, const Word* right) {
    if (left->length != right->length) return left->length > right->length ? -1 : 1;
    return by_text(left, right);
}

static void sift_down(Word** heap, uint32_t root, uint32_t size, Order order) {
    for (uint32_t child = 2 * root + 1; child < size; root = child, child = 2 * root + 1) {
        if (child + 1 < size && order(heap[child], heap[child + 1]) < 0) child++;
        if (order(heap[root], heap[child]) >= 0) return;
        Word* word = heap[root];
        heap[root] = heap[child];
        heap[child] = word;
    }
}

// Heap sort: no recursion, and no input makes it slow.
static void sort(Word** list, uint32_t size, Order order) {
    for (uint32_t i = size / 2; i-- > 0;) sift_down(list, i, size, order);
    for (uint32_t end = size; end-- > 1;) {
        Word* word = list[0];
        list[0] = list[end];
        list[end] = word;
        sift_down(list, 0, end, order);
    }
}

static void words_finish(void) {
    end_current_word();
    words.ranking = malloc(words.distinct * sizeof(Word*));
    uint32_t ranked = 0;
    for (uint32_t i = 0; i < words.capacity; i++) {
        if (words.slots[i]) words.ranking[ranked++] = words.slots[i];
    }
}

// Prints the first words of the ranking under an order, each with a number that it belongs to.
static void print_ranking(const char* label, Order order, uint32_t number_of(const Word*)) {
    sort(words.ranking, words.distinct, order);
    Line line = labelled(label);
    for (uint32_t i = 0; i < RANKED && i < words.distinct; i++) {
        if (i) add_text(&line, ", ");
        add_bytes(&line, words.ranking[i]->text, words.ranking[i]->length);
        add_text(&line, " (");
        add_number(&line, number_of(words.ranking[i]));
        add_text(&line, ")");
    }
    print(&line);
}

static uint32_t length_of(const Word* word) {
    return word->length;
}

static uint32_t count_of(const Word* word) {
    return word->count;
}

static void words_report(void) {
    print_count("words", words.total);
    print_count("distinct words", words.distinct);
    Line line = labelled("average length");
    add_decimal(&line, words.total ? (double)words.letters / (double)words.total : 0.0);
    print(&line);
    print_ranking("longest", by_length, length_of);
    print_ranking("most frequent", by_count, count_of);
}

// --- What the host calls ---

// Neither static nor const: else the compiler knows what is called, and no call goes through the table.
Analyser analysers[] = {
    {sizes_start, sizes_feed, nothing, sizes_report},
    {words_start, words_feed, words_finish, words_report},
    {sha_start, sha_feed, sha_finish, nothing},
};

enum { ANALYSERS = sizeof analysers / sizeof analysers[0], CHUNK_SIZE = 0x4000 };

// Prints a heading that the host has written anywhere into the linear memory.
EXPORT(print_heading) void print_heading(const char* text, uint32_t length) {
    Line line;
    line.length = 0;
    add_text(&line, "Report on ");
    add_bytes(&line, text, length);
    print(&line);
}

// Reads the whole text, and reports. Returns the number of chunks that it came in.
EXPORT(analyse) uint32_t analyse(void) {
    uint8_t* chunk = malloc(CHUNK_SIZE);
    uint32_t chunks = 0;
    uint32_t length;
    for (int i = 0; i < ANALYSERS; i++) analysers[i].start();
    while ((length = read_chunk(chunk, CHUNK_SIZE))) {
        for (int i = 0; i < ANALYSERS; i++) analysers[i].feed(chunk, length);
        chunks++;
    }
    for (int i = 0; i < ANALYSERS; i++) analysers[i].finish();
    for (int i = 0; i < ANALYSERS; i++) analysers[i].report();
    free(chunk);
    return chunks;
}

// The address of the 32 bytes of the SHA-256 digest.
EXPORT(digest) const uint8_t* digest(void) {
    return sha.digest;
}

// How often the word on a place of the ranking occurs. It trusts `place`, on purpose: a place beyond the end of the
// linear memory shows how WebAssembly turns a wild read into a trap.
static NOINLINE const Word* word_on_place(uint32_t place) {
    return words.ranking[place];
}

static NOINLINE uint32_t count_on_place(uint32_t place) {
    return word_on_place(place)->count;
}

EXPORT(frequency) uint32_t frequency(uint32_t place) {
    return count_on_place(place - 1);
}
