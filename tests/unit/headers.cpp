// Nothing of its own: the target of the headers that all test programs share precompiled (CMakeLists.txt).
