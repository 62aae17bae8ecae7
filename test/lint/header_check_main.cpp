// Linked with one translation unit for every public header: nothing they define is defined twice.
int main() {}
