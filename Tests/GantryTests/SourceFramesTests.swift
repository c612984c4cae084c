// What is made of a symbolizer's output: the trap's words and the user's line, and nothing where it says nothing.

import Testing

@testable import Gantry

@Suite struct SourceFramesTests {
  @Test func theTrapIsTheInnermostInlinedFrameAndTheLineTheFirstThatAUserWrote() {
    let frames = SourceFrame.parse(
      """
      Swift runtime failure: arithmetic overflow
      /<compiler-generated>:0:0
      $sSayxSicigSi_Tg5
      /<compiler-generated>:0:0
      $s3rel4manyyS2i_SaySiGSiSgSitF
      /build/project/Sources/Parser.swift:42:20

      main
      /build/project/main.swift:7:1

      """)
    #expect(frames.map(\.count) == [3, 1])
    #expect(CrashFinding(frames) == CrashFinding(trap: "Arithmetic overflow", location: "Parser.swift:42"))
  }

  @Test func aLineIsTakenFromTheCallsWhereTheTrapHasNone() {
    let frames = SourceFrame.parse(
      "??\n??:0:0\n\nabort\nabort.c:0:0\n\ncaller\n/a b/with:colon.swift:3:0\n\n")
    #expect(CrashFinding(frames) == CrashFinding(trap: nil, location: "with:colon.swift:3"))
  }

  @Test(arguments: [
    "/build/swift/stdlib/public/core/Array.swift:12:1", "<stdin>:3:1", "/<compiler-generated>:4:1", "??:0:0",
    "main.swift:0:0", "main.swift", "", "::", ":1:1", "main.swift:x:1",
  ]) func noLineIsTakenThatNoUserWrote(_ place: String) {
    #expect(CrashFinding(SourceFrame.parse("function\n\(place)\n\n")).location == nil)
  }

  @Test func linesOfThisPackageAreNotTheUsers() {
    let own = #filePath.replacing("/Tests/GantryTests/", with: "/Sources/Gantry/Face/")
    let containers = #filePath.replacing("/Tests/GantryTests/", with: "/Sources/GantryContainers/")
    let frames = SourceFrame.parse("f\n\(own):3:1\ng\n\(containers):4:1\nh\n\(#filePath):5:1\n")
    #expect(CrashFinding(frames).location == "SourceFramesTests.swift:5")
  }

  @Test(arguments: ["", "\n", "\n\n\n", "name", "name\n"]) func brokenOutputGivesNothing(_ text: String) {
    #expect(CrashFinding(SourceFrame.parse(text)) == CrashFinding())
  }
}
