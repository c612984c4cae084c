// How a function is made of a state, which lives as long as its container, and a body with one more argument.
// One declaration takes synchronous and asynchronous bodies: a container with a state is an asynchronous one.

public import GantryWire

extension Function {
  /// Makes a function with state that lives as long as its container, of a body with one more argument and a result.
  ///
  /// The container runs `enter` once, before its first input, and `exit` once, when it is asked to leave: not after a
  /// crash. Its inputs share what `enter` returned. Each new container enters anew.
  ///
  /// - Parameters:
  ///   - name: The function's name; nil for that of the property that holds it.
  ///   - options: How its containers are started, fed, and judged; `startupTimeout` includes `enter`.
  ///   - enter: Makes the state, in the container. Where it throws, the container ends; three times in a row end the
  ///     waiting calls with `GantryError.containerStartFailed` and the reason.
  ///   - exit: Takes leave of the state; a container that is still in it after some seconds is killed.
  ///   - fileID: Where the function is written.
  ///   - line: The line there.
  ///   - column: The column there.
  ///   - body: What is run for each input, in a container.
  @inlinable
  public init<State: Sendable>(
    _ name: String? = nil, options: FunctionOptions = .init(),
    enter: @escaping @Sendable () async throws -> State, exit: (@Sendable (State) async -> Void)? = nil,
    fileID: String = #fileID, line: Int = #line, column: Int = #column,
    _ body: @escaping @Sendable (State, Input) async throws -> Output
  ) where Input: Payload, Output: Payload {
    self.init(
      FunctionCore(
        name, options, CallSite(fileID, line, column), SingleCoding<Input>.self, SingleCoding<Output>.self,
        enter, exit, body))
  }

  /// Makes a function of a state and a body with one argument and several results.
  @inlinable
  public init<State: Sendable, First: Payload, Second: Payload, each Other: Payload>(
    _ name: String? = nil, options: FunctionOptions = .init(),
    enter: @escaping @Sendable () async throws -> State, exit: (@Sendable (State) async -> Void)? = nil,
    fileID: String = #fileID, line: Int = #line, column: Int = #column,
    _ body: @escaping @Sendable (State, Input) async throws -> (First, Second, repeat each Other)
  ) where Input: Payload, Output == (First, Second, repeat each Other) {
    self.init(
      FunctionCore(
        name, options, CallSite(fileID, line, column), SingleCoding<Input>.self,
        TupleCoding<First, Second, repeat each Other>.self, enter, exit, body))
  }

  /// Makes a function of a state and a body with one argument and no result.
  @_disfavoredOverload
  @inlinable
  public init<State: Sendable>(
    _ name: String? = nil, options: FunctionOptions = .init(),
    enter: @escaping @Sendable () async throws -> State, exit: (@Sendable (State) async -> Void)? = nil,
    fileID: String = #fileID, line: Int = #line, column: Int = #column,
    _ body: @escaping @Sendable (State, Input) async throws -> Void
  ) where Input: Payload, Output == Void {
    self.init(
      FunctionCore(
        name, options, CallSite(fileID, line, column), SingleCoding<Input>.self, VoidCoding.self, enter, exit,
        body))
  }

  /// Makes a function of a state and a body with one argument and a result.
  @inlinable
  public init<State>(
    _ name: String? = nil, options: FunctionOptions = .init(),
    enter: @escaping @Sendable () async throws -> State, exit: (@Sendable (State) async -> Void)? = nil,
    fileID: String = #fileID, line: Int = #line, column: Int = #column,
    _ body: @escaping @Sendable (State, Input) async throws -> Output
  ) where Input: Payload, Output: Payload {
    self.init(
      FunctionCore(
        name, options, CallSite(fileID, line, column), SingleCoding<Input>.self, SingleCoding<Output>.self,
        enter, exit, unshared: body))
  }

  /// Makes a function of a state and a body with one argument and several results.
  @inlinable
  public init<State, First: Payload, Second: Payload, each Other: Payload>(
    _ name: String? = nil, options: FunctionOptions = .init(),
    enter: @escaping @Sendable () async throws -> State, exit: (@Sendable (State) async -> Void)? = nil,
    fileID: String = #fileID, line: Int = #line, column: Int = #column,
    _ body: @escaping @Sendable (State, Input) async throws -> (First, Second, repeat each Other)
  ) where Input: Payload, Output == (First, Second, repeat each Other) {
    self.init(
      FunctionCore(
        name, options, CallSite(fileID, line, column), SingleCoding<Input>.self,
        TupleCoding<First, Second, repeat each Other>.self, enter, exit, unshared: body))
  }

  /// Makes a function of a state and a body with one argument and no result.
  @_disfavoredOverload
  @inlinable
  public init<State>(
    _ name: String? = nil, options: FunctionOptions = .init(),
    enter: @escaping @Sendable () async throws -> State, exit: (@Sendable (State) async -> Void)? = nil,
    fileID: String = #fileID, line: Int = #line, column: Int = #column,
    _ body: @escaping @Sendable (State, Input) async throws -> Void
  ) where Input: Payload, Output == Void {
    self.init(
      FunctionCore(
        name, options, CallSite(fileID, line, column), SingleCoding<Input>.self, VoidCoding.self, enter, exit,
        unshared: body))
  }
}
