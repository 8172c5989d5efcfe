// SPDX-License-Identifier: MIT
// All of weft.
#pragma once
#include <weft/atomic.hpp>
#include <weft/barrier.hpp>
#include <weft/blocking.hpp>
#include <weft/clone.hpp>
#include <weft/clone_flags.hpp>
#include <weft/clone_rules.hpp>
#include <weft/condition_variable.hpp>
#include <weft/error.hpp>
#include <weft/file_descriptor.hpp>
#include <weft/future.hpp>
#include <weft/join_handle.hpp>
#include <weft/kernel_thread.hpp>
#include <weft/latch.hpp>
#include <weft/mutex.hpp>
#include <weft/namespaces.hpp>
#include <weft/process.hpp>
#include <weft/raw.hpp>
#include <weft/readiness.hpp>
#include <weft/runtime.hpp>
#include <weft/semaphore.hpp>
#include <weft/shared_mutex.hpp>
#include <weft/spawn.hpp>
#include <weft/stop_token.hpp>
#include <weft/this_task.hpp>
#include <weft/thread.hpp>
