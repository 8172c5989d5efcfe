#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# policy.sh RULE ROOT: checks one rule of the house (docs/HACKING.md) in the tree at ROOT. Prints each breach as "file:line: what" and
# exits 1 if there is one. Each function here is a rule; can_fail.sh plants a breach of each and sees it found.
# Plain bash, awk and grep, so that it runs wherever the library builds.
set -euo pipefail
rule=$1
cd -- "$2"
breaches=$(mktemp)
trap 'rm -f "$breaches"' EXIT

breach() { printf '%s\n' "$*" | tee -a "$breaches"; }
breaches_from() { tee -a "$breaches"; } # reads them from a pipe

# Everything of ours that is text, without what is built.
files() { # -name patterns as arguments
    local pattern expression=()
    for pattern in "$@"; do
        expression+=(-o -name "$pattern")
    done
    find . \( -name .git -o -name build -o -name 'build-*' \) -prune -o -type f \( "${expression[@]:1}" \) -print | sed 's|^\./||' | sort
}
sources_of() { files '*.cpp' '*.hpp' '*.h' '*.c' '*.S' | grep -E "^($1)/" || true; }

# The table in docs/HACKING.md is the law: | floor | may include | of include/weft |
floor_table() {
    awk -F '|' '/<!-- floors -->/ {on = 1} /<!-- end of floors -->/ {on = 0}
        on && NF >= 5 && $2 !~ /floor|---/ {gsub(/[ `]/, "", $2); gsub(/[,`]/, " ", $3); gsub(/[,`]/, " ", $4); print $2 "|" $3 "|" $4}' docs/HACKING.md
}

floors() {
    [[ $(floor_table | wc -l) -ge 8 ]] || breach "docs/HACKING.md: the floor table is missing or short"
    # Which floor is each file on, and what does it include?
    local floor_files
    mapfile -t floor_files < <(sources_of runtime)
    floor_table | awk -F '|' '
        FNR == NR && FILENAME == "-" { may[$1] = " " $2 " "; public[$1] = " " $3 " "; next }
        FNR == 1 { split(FILENAME, part, "/"); floor = part[2]
                   if (!(floor in may)) print FILENAME ":1: the floor table of docs/HACKING.md does not know the floor " floor }
        /^[ \t]*#[ \t]*include[ \t]*"/ {
            name = $0; sub(/^[^"]*"/, "", name); sub(/".*/, "", name)
            split(name, part, "/"); target = part[1]
            if (index(name, "/") == 0) { print FILENAME ":" FNR ": include \"" name "\" does not name its floor"; next }
            if (target != floor && index(may[floor], " " target " ") == 0 && index(may[floor], " " name " ") == 0 && index(may[floor], " anything ") == 0)
                print FILENAME ":" FNR ": floor " floor " may not include " name
        }
        /^[ \t]*#[ \t]*include[ \t]*<weft\// {
            name = $0; sub(/^[^<]*<weft\//, "", name); sub(/>.*/, "", name)
            if (index(public[floor], " " name " ") == 0 && index(public[floor], " all ") == 0)
                print FILENAME ":" FNR ": floor " floor " may not include <weft/" name ">"
        }' - "${floor_files[@]}" | breaches_from
    # The public headers stand on std and themselves; <sys/types.h> for pid_t.
    grep -nE '^[[:space:]]*#[[:space:]]*include' include/weft/*.hpp |
        grep -vE '#[[:space:]]*include[[:space:]]*<(weft/[a-z_]+\.hpp|[a-z_]+|sys/types\.h)>' |
        sed 's/$/  (public headers include std and weft only)/' | breaches_from || true
}

# Every explicit memory order is explained by a `mo:` on its line or in the comment above its statement. Statements that follow
# each other without a comment between may share one that says "both" or "all".
memory_orders() {
    local audited
    mapfile -t audited < <(sources_of 'runtime|include|tools|bench')
    awk '
        FNR == 1 { delete text; explained = 0; shared = 0; open = 0; in_comment = 0 }
        {
            line = $0; code = line; comment = ""
            at = index(line, "//")
            if (at) { code = substr(line, 1, at - 1); comment = substr(line, at) }
            blank = (code ~ /^[ \t]*$/)
            if (blank && comment != "") {           # a comment line: a block begins or goes on
                if (!in_comment) { explained = 0; shared = 0 }
                in_comment = 1
                if (comment ~ /mo:/) explained = 1
                if (comment ~ /[^a-z](both|all|each)[^a-z]/) shared = 1
                next
            }
            if (blank) { in_comment = 0; explained = 0; open = 0; next }
            in_comment = 0
            if (code ~ /memory_order(_|::)/ && !(explained || comment ~ /mo:/))
                print FILENAME ":" FNR ": a memory order without a mo: line that names its partner"
            # The statement ends here: a shared explanation lives on, another does not.
            if (code ~ /[;{}][ \t]*$/ && !shared) explained = 0
        }' "${audited[@]}" | breaches_from
    # A fence is in the list with the test that fails without it.
    local file line
    while IFS=: read -r file line _; do
        grep -qF "$file" docs/memory_orders.md || breach "$file:$line: this fence is not listed in docs/memory_orders.md"
    done < <(grep -rnE 'atomic_thread_fence|__sync_synchronize' runtime include || true)
}

# EDGE tags in the code, and the headings of docs/edges.md, are the same set.
edges() {
    local tags listed name
    tags=$(grep -rhoE 'EDGE [a-z0-9-]+:' runtime include tools bench | sed 's/EDGE \(.*\):/\1/' | sort -u)
    listed=$(sed -n 's/^## \([a-z0-9-]*\)$/\1/p' docs/edges.md | sort -u)
    while read -r name; do
        [[ -z $name ]] || breach "$(grep -rnE "EDGE $name:" runtime include tools bench | head -n 1 | cut -d: -f1,2): EDGE $name is not listed in docs/edges.md"
    done < <(comm -23 <(echo "$tags") <(echo "$listed"))
    while read -r name; do
        [[ -z $name ]] || breach "docs/edges.md: '$name' has no EDGE tag in the code"
    done < <(comm -13 <(echo "$tags") <(echo "$listed"))
    grep -rnE '//.*EDGE' runtime include tools bench | grep -vE 'EDGE [a-z0-9-]+:' | sed 's/$/  (write: EDGE name: ...)/' | breaches_from || true
}

# The three rules below ask something of each of many files: one awk reads them all, since a process a file costs more than the work.
lengths() {
    local audited
    mapfile -t audited < <(files '*.cpp' '*.hpp' '*.S' '*.h' '*.sh' '*.cmake' CMakeLists.txt '*.pml' weft run)
    awk '
        function ended() {
            if (lines > 500) print file ":500: " lines " lines; a file that passes 500 is two things"
            else if (lines > 300) print "(a word only: " file " has " lines " lines, the house aims at 300)" >"/dev/stderr"
        }
        FNR == 1 { ended(); file = FILENAME }
        { lines = FNR }
        END { ended() }' "${audited[@]}" | breaches_from
}

# One SPDX line near the top, no licence essay, and at most 40 lines of comment at the head.
heads() {
    local audited
    mapfile -t audited < <(files '*.cpp' '*.hpp' '*.S' '*.h' '*.c' '*.sh' '*.cmake' '*.pml' weft run Makefile)
    awk '
        BEGIN { for (i = 1; i < ARGC; ++i) bare[ARGV[i]] = 1 } # an empty file is bare too
        FNR == 1 { head = 0; in_head = FILENAME ~ /\.(cpp|hpp|S|h|c|pml)$/ }
        FNR <= 3 && /SPDX-License-Identifier: MIT/ { delete bare[FILENAME] }
        in_head && /^[ \t]*(\/\/|\/\*|\*)/ { if (++head > 40) { ++essay[FILENAME] }; next }
        { in_head = 0; if (FNR > 3) nextfile }
        END {
            for (file in bare) print file ":1: no SPDX-License-Identifier: MIT line at the head"
            for (file in essay) print file ":" essay[file] + 40 ": the head comment has " essay[file] + 40 " lines; 40 are enough"
        }' "${audited[@]}" | sort | breaches_from
}

names() {
    files '*' | awk '
        { name = $0; sub(/.*\//, "", name) }
        name ~ /(^|[_-])(util|utils|helper|helpers|manager|impl|misc|common)([_.-]|$)/ { print $0 ":1: the name says nothing (util, helper, manager, impl)" }
        $0 !~ /^[A-Za-z0-9_.\/-]+$/ { print $0 ":1: a file name with odd characters" }
        # A test says so in its name. A folder below a floor has the parts of one program.
        $0 ~ /^tests\/[^\/]+\/[^\/]+\.(cpp|c)$/ && $0 !~ /^tests\/support\// && name !~ /_(test|stress|death|row|module|program|main)\.(cpp|c)$/ {
            print $0 ":1: a file of tests/ ends in _test, _stress, _death, or is a _row, _module, _program or _main of one" }
        $0 ~ /^bench\/micro\/.*\.cpp$/ && name !~ /_bench\.cpp$/ { print $0 ":1: a micro bench ends in _bench" }
        # A unit test shows its unit: a header of the same stem on its floor, or a public one; else it is about several units, and says
        # so by a stem that is no unit on any other floor.
        $0 ~ /^include\/weft\/[^\/]*\.hpp$/ { public[name] = 1 }
        $0 ~ /^runtime\/.*\.[ch]pp$/ { unit = name; sub(/\.[ch]pp$/, "", unit); split($0, part, "/")
                                       if ($0 == "runtime/" part[2] "/" name) on[part[2] "/" unit] = 1
                                       if (name ~ /hpp$/) where[unit] = $0 }
        $0 ~ /^tests\/(base|kernel|context|time|scheduler|sync|io|scope|diagnostics)\/.*_(test|stress|death)\.cpp$/ { tests[++n] = $0 }
        END {
            for (i = 1; i <= n; ++i) {
                split(tests[i], part, "/"); stem = tests[i]
                sub(/.*\//, "", stem); sub(/(_death)?_(test|stress|death)\.cpp$/, "", stem)
                if (!((part[2] "/" stem) in on) && !((stem ".hpp") in public) && stem in where)
                    print tests[i] ":1: the test of " where[stem] " stands on another floor"
            }
        }' | breaches_from
}

# Instructions only in arch folders. An empty asm is a compiler barrier and holds none.
assembly() {
    local audited
    mapfile -t audited < <(sources_of 'runtime|include|tools|bench' | grep -v '/arch/')
    awk '
        function code(s) { sub(/\/\/.*/, "", s); return s }
        { c = code($0) }
        pending { if (c !~ /^[ \t]*$/) { if (c ~ /^[ \t]*"[^"]/) print FILENAME ":" pending ": assembly outside of an arch folder"; pending = 0 } }
        c ~ /(^|[^a-zA-Z0-9_])(asm|__asm__|__asm)([^a-zA-Z0-9_]|$)/ {
            rest = c; sub(/.*(asm|__asm__|__asm)/, "", rest); sub(/^[ \t]*(volatile|__volatile__|goto|inline)*[ \t]*/, "", rest)
            if (rest ~ /^\([ \t]*"[^"]/) print FILENAME ":" FNR ": assembly outside of an arch folder"
            else if (rest ~ /^\([ \t]*$/) pending = FNR
        }
        FNR == 1 && NR > 1 { pending = 0 }' "${audited[@]}" | breaches_from
    files '*.S' | grep -v '/arch/' | sed 's/$/:1: assembly outside of an arch folder/' | breaches_from || true
}

# Every model is run, and with each of its mutations.
models() {
    local model mutation known
    while read -r model; do
        known=$(sed -n "s/^weft_model($(basename "$model" .pml)\\(.*\\))/\\1/p" tests/model/CMakeLists.txt)
        grep -q "^weft_model($(basename "$model" .pml)[ )]" tests/model/CMakeLists.txt || breach "$model:1: no weft_model() runs it"
        while read -r mutation; do
            [[ " $known " == *" $mutation "* ]] || breach "$model: its mutation $mutation is never tried"
        done < <(sed -nE 's/^#[[:space:]]*ifn?def ([A-Z0-9_]+)$/\1/p' "$model" | sort -u | while read -r m; do grep -qE "^#define $m " "$model" || echo "$m"; done)
        for mutation in $known; do
            grep -qE "^#[[:space:]]*ifn?def $mutation$" "$model" || breach "$model: weft_model() names $mutation, which the model does not know"
            grep -qF "$mutation" docs/memory_orders.md || breach "docs/memory_orders.md: the mutation $mutation of $model is not told"
        done
    done < <(files '*.pml' | grep '^tests/model/')
}

# Links and file names in the documents, and documents named in comments, exist.
links() {
    local file line target
    while IFS=: read -r file line target; do
        [[ $target == http* || $target == \#* ]] && continue
        target=${target%%#*}
        [[ -e $(dirname "$file")/$target ]] || breach "$file:$line: the link to $target leads nowhere"
    done < <(grep -noE '\]\([^) ]+\)' README.md docs/*.md | sed -E 's/\]\(([^)]*)\)/\1/')
    # shellcheck disable=SC2016  # the backticks are markdown's
    while IFS=: read -r file line target; do
        [[ -e $target ]] || breach "$file:$line: there is no $target"
    done < <(grep -noE '`(runtime|include|tests|bench|tools|samples|cmake|docs)/[A-Za-z0-9_./-]+`' README.md docs/*.md | tr -d '`')
    while IFS=: read -r file line target; do
        [[ -e $target ]] || breach "$file:$line: there is no $target"
    done < <(grep -rnoE '(docs|tests|samples|bench)/[A-Za-z0-9_/]+\.(md|pml|hpp|sh)' runtime include tools bench tests --include='*.[ch]pp' --include='*.pml' --include=CMakeLists.txt)
    while IFS=: read -r file line target; do
        grep -qF -- "$target" docs/bibliography.md || breach "$file:$line: docs/bibliography.md lacks $target"
    done < <(grep -rnoE 'doi:10[^ ,;)]*[0-9]' runtime include docs tests/model)
    # "docs/edges.md, name" names a heading.
    while IFS=: read -r file line target; do
        grep -qx "## ${target#docs/edges.md, }" docs/edges.md || breach "$file:$line: docs/edges.md has no '${target#docs/edges.md, }'"
    done < <(grep -rnoE 'docs/edges\.md, [a-z0-9-]+' runtime include tools bench || true)
}

# The tree speaks of itself: no place of somebody's machine, no left-over mark.
leftovers() {
    local mark='\b(TO''DO|FIX''ME|XX''X)\b|/ho''me/[a-z]|/ro''ot/'
    files '*.cpp' '*.hpp' '*.S' '*.c' '*.h' '*.md' '*.cmake' CMakeLists.txt '*.pml' '*.sh' weft run CMakePresets.json |
        xargs -d '\n' grep -nE "$mark" | sed 's/$/  (a left-over)/' | breaches_from || true
}

# Each public header compiles alone, without a warning; and all of them together do, in the next dialect too. Nothing precompiled here.
headers() {
    local header all=
    for header in include/weft/*.hpp; do
        all+="#include <${header#include/}>"$'\n'
        printf '#include <%s>\n#include <%s>\n' "${header#include/}" "${header#include/}" | header_compiles c++20 ||
            breach "$header:1: does not compile alone as c++20"
    done
    header_compiles c++2b <<<"$all" || breach "include/weft:1: the headers do not compile as c++2b"
}
header_compiles() { # DIALECT
    "${CXX:-c++}" -std="$1" -fsyntax-only -Iinclude -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wold-style-cast -Werror -x c++ -
}

# The built LIBRARY takes no kernel thread, lock or condition from libpthread, the C or the C++ library. Weak names count too. Allowed
# are the three calls by which a frame registers as the place that pthread_exit unwinds to, and glibc's table of keys.
symbols() {
    local name allowed=' __pthread_register_cancel __pthread_unregister_cancel __pthread_unwind_next __pthread_keys '
    nm -u "${LIBRARY:?}" >/dev/null || breach "$LIBRARY: nm cannot read it"
    while read -r name; do
        [[ $allowed == *" ${name%@*} "* ]] || breach "$LIBRARY: uses $name"
    done < <(nm -Cu "$LIBRARY" 2>/dev/null | awk 'NF >= 2 && ($1 == "U" || $1 == "w" || $1 == "v") {sub(/^ *[Uwv] */, ""); print}' |
        grep -E '^(__)?pthread_|^(thrd|mtx|cnd|tss|sem|call_once)_?|^__gthread|std::(this_thread|thread|jthread|mutex|timed_mutex|recursive_mutex|shared_mutex|condition_variable|_V2::condition_variable|__condvar|call_once|__once|__future_base)' | sort -u)
}

declare -F "$rule" >/dev/null || { echo "policy.sh: there is no rule '$rule'"; exit 2; }
"$rule"
if [[ -s $breaches ]]; then
    echo "FAILED: $(wc -l <"$breaches") breach(es) of the rule '$rule'"
    exit 1
fi
echo "held: $rule"
