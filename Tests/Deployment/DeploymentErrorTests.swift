import Testing

@testable import Deployment

@Test func anErrorReadsAsItsMessage() {
    #expect("\(DeploymentError(.invalid, "the name is empty", pointer: "/name"))" == "the name is empty")
}
