#!/usr/bin/env bash
# Mixed load on faulty calls, on the Windows JVM (docs/soak.md): ./soak.sh MINUTES [SEED]
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")"
cp_file=testsuite/target/soak.classpath
./mvnw -B -q -Pquick -pl testsuite -am test-compile dependency:build-classpath \
    -Dmdep.outputFile="$PWD/$cp_file" -Dmdep.includeScope=test
# Java on Wine reads the class path from a file, because its separator and the length of a command line differ.
args=testsuite/target/soak.args
printf -- '-cp "%s;%s"\n' "$PWD/testsuite/target/test-classes" "$(tr ':' ';' < "$cp_file")" > "$args"
# Few threads that come and go, since each has descriptors under Wine.
exec tools/windows-java -ea --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
    -DlogLevel=error -Xmx256m -XX:+UseSerialGC -XX:-UseDynamicNumberOfCompilerThreads \
    "@$args" io.github.nettyiocp.testsuite.soak.Soak "${@:-1}"
