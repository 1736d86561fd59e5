// The program whose only purpose is the precompiled headers that every test program takes from it.
int main() { return 0; }
