"""Values that are worked out when they are first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

T = TypeVar("T")


class lazy(Generic[T]):  # noqa: N801 - it is written like `property`
    """`functools.cached_property` without the lock that it takes before Python 3.12.

    For what is made by the hundred thousand, where the lock takes longer than the answer.
    """

    def __init__(self, find: Callable[[Any], T]) -> None:
        self._find = find
        self._name = find.__name__
        self.__doc__ = find.__doc__

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type | None = None) -> T: ...

    def __get__(self, instance: object | None, owner: type | None = None) -> Self | T:
        """The value; from then on it stands in the instance, and this is not asked any more."""
        if instance is None:
            return self
        found = instance.__dict__[self._name] = self._find(instance)
        return found
