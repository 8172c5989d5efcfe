// SPDX-License-Identifier: MIT
// All of weft.
#pragma once
#include <weft/blocking.hpp>
#include <weft/clone.hpp>
#include <weft/clone_flags.hpp>
#include <weft/clone_rules.hpp>
#include <weft/error.hpp>
#include <weft/file_descriptor.hpp>
#include <weft/join_handle.hpp>
#include <weft/kernel_thread.hpp>
#include <weft/namespaces.hpp>
#include <weft/process.hpp>
#include <weft/raw.hpp>
#include <weft/readiness.hpp>
#include <weft/runtime.hpp>
#include <weft/spawn.hpp>
#include <weft/stop_token.hpp>
#include <weft/this_task.hpp>
#include <weft/thread.hpp>
