import Testing

@testable import Scanning

@Test func anErrorReadsAsItsMessage() {
    #expect("\(ScanError(.invalid, "the report is empty"))" == "the report is empty")
}
