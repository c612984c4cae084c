// Every scenario of EndToEndProgram as a test case of its own.

import Testing

/// One at a time: the scenarios measure who waits for whom, and each has containers for all processors.
@Suite(.serialized)
struct EndToEndTests {
  @Test("A scenario keeps its promise and leaves nothing behind", arguments: Scene.all)
  func scenario(_ scene: Scene) {
    if let fault = scene.play() { Issue.record("\(scene): \(fault)") }
  }
}
