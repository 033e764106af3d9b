import Testing

@testable import Audit

@Test func anErrorReadsAsItsMessage() {
    #expect("\(AuditError(.invalid, "the name is empty", pointer: "/name"))" == "the name is empty")
}
