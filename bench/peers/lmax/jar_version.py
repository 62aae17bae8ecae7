"""Prints the version that a jar made by Maven says it has: jar_version.py JAR"""

import re
import sys
import zipfile

with zipfile.ZipFile(sys.argv[1]) as jar:
    properties = next(name for name in jar.namelist() if name.endswith("/pom.properties"))
    print(re.search(r"^version=(.*)$", jar.read(properties).decode(), re.MULTILINE)[1])
