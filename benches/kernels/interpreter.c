// A loop around a switch, as interpreters have it: a machine with a stack counts the primes below `n`.

#include "kernel.h"

typedef enum { PUSH, LOAD, STORE, ADD, MULTIPLY, REMAINDER, LESS, JUMP, JUMP_IF, JUMP_UNLESS, HALT } operation_t;
typedef struct {
    operation_t operation;
    // A number, a variable, or the instruction to jump to.
    int32_t operand;
} instruction_t;

enum { LIMIT, CANDIDATE, DIVISOR, PRIMES, VARIABLES };
enum { START = 0, NEXT = 2, TEST = 8, PRIME = 23, COMPOSITE = 27, END = 32 };

static const instruction_t program[] = {
    [START] = {PUSH, 2}, {STORE, CANDIDATE},
    [NEXT] = {LOAD, CANDIDATE}, {LOAD, LIMIT}, {LESS, 0}, {JUMP_UNLESS, END}, {PUSH, 2}, {STORE, DIVISOR},
    // It is prime if the square of the divisor is greater.
    [TEST] = {LOAD, CANDIDATE}, {LOAD, DIVISOR}, {LOAD, DIVISOR}, {MULTIPLY, 0}, {LESS, 0}, {JUMP_IF, PRIME},
             {LOAD, CANDIDATE}, {LOAD, DIVISOR}, {REMAINDER, 0}, {JUMP_UNLESS, COMPOSITE},
             {LOAD, DIVISOR}, {PUSH, 1}, {ADD, 0}, {STORE, DIVISOR}, {JUMP, TEST},
    [PRIME] = {LOAD, PRIMES}, {PUSH, 1}, {ADD, 0}, {STORE, PRIMES},
    [COMPOSITE] = {LOAD, CANDIDATE}, {PUSH, 1}, {ADD, 0}, {STORE, CANDIDATE}, {JUMP, NEXT},
    [END] = {HALT, 0},
};

static int32_t variables[VARIABLES];

KERNEL(interpreter) {
    int32_t stack[8], *top = stack;
    variables[LIMIT] = n;
    variables[PRIMES] = 0;
    for (const instruction_t* next = program;;) {
        const int32_t operand = next->operand;
        switch (next++->operation) {
            case PUSH: *++top = operand; break;
            case LOAD: *++top = variables[operand]; break;
            case STORE: variables[operand] = *top--; break;
            case ADD: top--; top[0] += top[1]; break;
            case MULTIPLY: top--; top[0] *= top[1]; break;
            case REMAINDER: top--; top[0] %= top[1]; break;
            case LESS: top--; top[0] = top[0] < top[1]; break;
            case JUMP: next = program + operand; break;
            case JUMP_IF: if (*top--) next = program + operand; break;
            case JUMP_UNLESS: if (!*top--) next = program + operand; break;
            case HALT: return variables[PRIMES];
        }
    }
}
