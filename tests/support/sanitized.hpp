// SPDX-License-Identifier: MIT
// Is this build instrumented by a sanitizer? WEFT_TEST_SANITIZED for the preprocessor, test::sanitized for the code.
#pragma once
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define WEFT_TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define WEFT_TEST_SANITIZED 1
#endif
#endif

namespace test {

#if defined(WEFT_TEST_SANITIZED)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

} // namespace test
