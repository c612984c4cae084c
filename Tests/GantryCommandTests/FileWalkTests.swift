// What the walk finds, in which order, and what it leaves alone.

import Testing

@testable import GantryCommand

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

@Suite struct FileWalkTests {
  @Test func entriesComeInByteOrderWithHiddenOnesAndSubdirectories() {
    let tree = TemporaryTree()
    tree.file("b", "")
    tree.file("a.txt", "")
    tree.file(".hidden", "")
    tree.directory("a")
    tree.file("a/z", "")
    tree.file("a/B", "")
    let expected = [".hidden", "a/B", "a/z", "a.txt", "b"].map {
      FileWalk.Step.file(tree.path($0), isGiven: false)
    }
    #expect(Array(FileWalk([tree.root])) == expected)
  }

  @Test func linksAreFollowedWhereGivenAndReportedBelow() {
    let tree = TemporaryTree()
    tree.file("text", "x")
    tree.directory("sub")
    tree.link("sub/loop", to: "..")
    let toFile = tree.link("to-file", to: "text")
    let toDirectory = tree.link("to-directory", to: "sub")
    #expect(
      Array(FileWalk([toFile, toDirectory])) == [
        .file(toFile, isGiven: true), .link(tree.path("to-directory/loop")),
      ])
    #expect(
      Array(FileWalk([tree.root])) == [
        .link(tree.path("sub/loop")), .file(tree.path("text"), isGiven: false), .link(toDirectory),
        .link(toFile),
      ])
  }

  @Test func whatIsMissingOrSpecialIsNamedAndTheWalkGoesOn() {
    let tree = TemporaryTree()
    let dangling = tree.link("dangling", to: "nowhere")
    let good = tree.file("good", "x")
    let pipe = tree.path("pipe")
    #expect(pipe.withCString { mkfifo($0, 0o600) } == 0)
    #expect(
      Array(FileWalk([dangling, tree.path("missing"), pipe, good])) == [
        .unreadable(dangling, ENOENT), .unreadable(tree.path("missing"), ENOENT),
        .special(pipe, isGiven: true),
        .file(good, isGiven: true),
      ])
    #expect(Array(FileWalk([tree.root])).contains(.special(pipe, isGiven: false)))
  }

  @Test func directoriesRemovedOnTheWayAreNamed() {
    let tree = TemporaryTree()
    tree.file("a", "x")
    let doomed = tree.directory("b")
    tree.file("c", "x")
    var walk = FileWalk([tree.root])
    #expect(walk.next() == .file(tree.path("a"), isGiven: false))
    #expect(doomed.withCString { rmdir($0) } == 0)
    #expect(walk.next() == .unreadable(doomed, ENOENT))
    #expect(walk.next() == .file(tree.path("c"), isGiven: false))
    #expect(walk.next() == nil)
    #expect(walk.next() == nil)
  }

  @Test func namesThatAreNoTextSurvive() {
    let tree = TemporaryTree()
    let odd = tree.root.appending([0xFF, 0x0A, 0x1B])
    let descriptor = odd.withCString { open($0, O_CREAT | O_WRONLY | O_CLOEXEC, 0o600) }
    #expect(descriptor >= 0)
    close(descriptor)
    #expect(Array(FileWalk([tree.root])) == [.file(odd, isGiven: false)])
    #expect(printable([0xFF, 0x0A, 0x1B, 0x61]) == "\u{FFFD}\\u{a}\\u{1b}a")
  }

  @Test func emptyDirectoriesGiveNothing() {
    let tree = TemporaryTree()
    tree.directory("empty")
    #expect(Array(FileWalk([tree.root])).isEmpty)
  }

  @Test func pathsJoinWithOneSlashAndFindTheirParts() {
    #expect(Path("/").appending(Array("a".utf8)) == Path("/a"))
    #expect(Path("a").appending(Array("b".utf8)) == Path("a/b"))
    #expect(Path("/x/needle.txt").contains(Array("needle".utf8)))
    #expect(Path("/x/needle").contains(Array("needle".utf8)))
    #expect(!Path("/x/needl").contains(Array("needle".utf8)))
  }
}
