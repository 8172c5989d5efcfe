// SPDX-License-Identifier: MIT
// A module with one thread_local, loaded by the tests; built twice, for dynamic and for initial-exec TLS.
static thread_local int number = WEFT_MODULE_NUMBER;
extern "C" int* module_number() { return &number; }
