import Testing

@testable import IO

struct ProcessMemoryTests {
    @Test("code that a process lets go of comes back when it runs again")
    func letGo() {
        #expect(ProcessMemory.letGoOfStart() > 0)
        #expect((1...100).map { "\($0 * 7)" }.joined(separator: ",").hasSuffix("693,700"))
    }

    @Test("the machine has some memory")
    func installed() {
        #expect(ProcessMemory.installed > 64 << 20)
    }
}
