// SPDX-License-Identifier: MIT
// Is this build instrumented by a sanitizer? WEFT_TEST_SANITIZED for the preprocessor, test::sanitized for the code; the same
// with thread_ when it is ThreadSanitizer.
#pragma once
#if defined(__SANITIZE_THREAD__)
#define WEFT_TEST_THREAD_SANITIZED 1
#elif defined(__SANITIZE_ADDRESS__)
#define WEFT_TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WEFT_TEST_THREAD_SANITIZED 1
#elif __has_feature(address_sanitizer)
#define WEFT_TEST_SANITIZED 1
#endif
#endif
#if defined(WEFT_TEST_THREAD_SANITIZED)
#define WEFT_TEST_SANITIZED 1
#endif

namespace test {

#if defined(WEFT_TEST_SANITIZED)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif
#if defined(WEFT_TEST_THREAD_SANITIZED)
inline constexpr bool thread_sanitized = true;
#else
inline constexpr bool thread_sanitized = false;
#endif

} // namespace test
