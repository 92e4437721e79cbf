#!/usr/bin/env bash
# bench/contestants/java/install.sh FOLDER: builds the function into FOLDER/function, with Lambda's runtime client in
# FOLDER/runtime, and FOLDER/bin/java is Java: that of JAVA_HOME, or else this machine's. It does nothing on a machine
# without Maven.
set -euo pipefail
if ! command -v mvn >/dev/null; then
  echo "the contestant in Java is left out: this machine has no mvn"
  exit
fi
cp -R "$(dirname "$0")"/{pom.xml,src} "$1/"
cd "$1"
# Maven adds to these folders, and would leave older versions there.
rm -rf target function runtime bin
mvn --quiet --batch-mode --strict-checksums compiler:compile jar:jar \
  dependency:copy-dependencies@function dependency:copy@runtime
mv target/function target/runtime .
mkdir bin
java=${JAVA_HOME:+$JAVA_HOME/bin/java}
ln -s "$(realpath "${java:-$(command -v java)}")" bin/java
# On Lambda, this library is beside the client, too. Otherwise the client would unpack it at each start.
library=libaws-lambda-jni.linux-$(uname -m | sed s/aarch64/aarch_64/).so
python3 -m zipfile --extract runtime/aws-lambda-java-runtime-interface-client-*.jar target/client
mv "target/client/jni/$library" runtime/libaws-lambda-jni.so
touch built
