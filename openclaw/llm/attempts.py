"""One model asked: with its next key when one is refused, with less thought under load, and again while it passes."""

import logging
import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import anyio

from openclaw.llm.chat import Fault, ModelError, Reply, Request
from openclaw.llm.config import RetryConfig
from openclaw.llm.cooling import Reason, Trouble
from openclaw.llm.keyring import Keyring, fingerprint
from openclaw.llm.line import Line, Watch
from openclaw.llm.profiles import Profile, queue
from openclaw.llm.retry import pause, wait_before_next
from openclaw.llm.thinking import lowered, room
from openclaw.types.clock import Clock
from openclaw.types.secrets import Secret

logger = logging.getLogger(__name__)

_FAULTS: Mapping[Reason, Fault] = {"rate_limit": "rate_limited", "billing": "billing", "auth": "auth"}


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one model is tried."""

    retry: RetryConfig
    probe_seconds: float
    """How often a key in trouble is tried all the same, when there is no other."""
    begin_by: float | None = None
    """By the monotonic clock. Set while there is another model to go to: then nobody waits for a key that rests."""

    @property
    def hurried(self) -> bool:
        return self.begin_by is not None


@dataclass(slots=True)
class _Try:
    """One question on its way to an answer."""

    request: Request
    watch: Watch
    patience: Patience
    started: float
    failed: int = 0
    error: ModelError | None = None
    """The newest."""
    spent: set[str] = field(default_factory=set)
    """Keys that were refused for good, or could not be read."""
    renewed: set[str] = field(default_factory=set)


class PatientModel:
    def __init__(
        self, line: Line, keyring: Keyring, session: str, headers: Mapping[str, str], clock: Clock
    ) -> None:
        self._line = line
        self._keyring = keyring
        self._session = session
        self._headers = headers
        self._clock = clock

    @property
    def name(self) -> str:
        return self._line.target.name

    @property
    def _model(self) -> str:
        return self._line.target.ref.model

    async def ask(self, request: Request, watch: Watch, patience: Patience) -> Reply:
        """Raises ModelError when nothing more can be done here."""
        thinking = request.thinking if self._line.target.info.reasoning else None
        run = _Try(replace(request, thinking=thinking), watch, patience, self._clock.monotonic())
        while True:
            profile = self._free(run) or await self._resting(run)
            if profile is None:
                continue
            started = self._clock.monotonic()
            try:
                key = await self._line.key(profile)
            except ModelError as error:
                self._line.note(profile, run.request, watch, error, started)
                run.spent.add(profile.id)
                run.error = error
                continue
            try:
                reply = await self._line.ask(profile, key, self._addressed(run), watch)
            except ModelError as error:
                run.error = error
                await self._learn(run, profile, key, error)
                continue
            self._keyring.answered(profile, self._model, self._session)
            return reply

    def _addressed(self, run: _Try) -> Request:
        target, request, ends = self._line.target, run.request, run.patience.begin_by
        return replace(
            request,
            model=target.ref.model,
            max_tokens=min(request.max_tokens + room(request.thinking), target.info.max_output),
            headers={**self._headers, **request.headers},
            begin_within=None if ends is None else max(ends - self._clock.monotonic(), 1.0),
        )

    # -- which key ------------------------------------------------------------------------------------

    def _queue(self, run: _Try) -> list[Profile]:
        target, ring = self._line.target, self._keyring
        favourite = ring.favourite(self._session, target.ref.provider)
        every = queue(target.profiles, ring.used(), ordered=target.ordered, favourite=favourite)
        return [profile for profile in every if profile.id not in run.spent]

    def _free(self, run: _Try) -> Profile | None:
        free = (each for each in self._queue(run) if self._keyring.trouble(each.id, self._model) is None)
        return next(free, None)

    async def _resting(self, run: _Try) -> Profile | None:
        """A key in trouble, because there is no other; None when it is time to look again. Raises ModelError."""
        troubled = [
            (profile, trouble)
            for profile in self._queue(run)
            if (trouble := self._keyring.trouble(profile.id, self._model)) is not None
        ]
        for profile, trouble in troubled:
            if trouble.reason != "rate_limit" and await self._worth_a_look(run, profile, trouble):
                return profile
        waits = [
            (self._keyring.gate(profile.id, self._model), place)
            for place, (profile, trouble) in enumerate(troubled)
            if trouble.reason == "rate_limit"
        ]
        error = self._unable(run, [trouble for _, trouble in troubled])
        if not waits or run.patience.hurried:
            raise error
        wait, place = min(waits)
        if wait > 0:
            await self._wait(run, wait, error)
            return None
        profile, _ = troubled[place]
        self._keyring.close_gate(profile.id, self._model, pause(1, None, run.patience.retry, random.random))
        return profile

    async def _worth_a_look(self, run: _Try, profile: Profile, trouble: Trouble) -> bool:
        """Whether a key that was refused, or that nobody paid for, may be asked again."""
        if self._keyring.gate(profile.id, self._model) > 0:
            return False
        self._keyring.close_gate(profile.id, self._model, run.patience.probe_seconds)
        if trouble.reason == "auth":
            try:
                if fingerprint(await self._line.key(profile, fresh=True)) != trouble.key:
                    return True
            except ModelError as error:
                run.spent.add(profile.id)
                run.error = error
                return False
        return not run.patience.hurried

    def _unable(self, run: _Try, troubles: list[Trouble]) -> ModelError:
        """The newest failure, or that none of the keys is asked now; and when that will be over."""
        rest = self._rest(troubles)
        if run.error is None:
            return rest
        if run.error.retry_after is None:
            run.error.retry_after = rest.retry_after
        return run.error

    def _rest(self, troubles: list[Trouble]) -> ModelError:
        first = min(troubles, key=lambda each: each.until or float("inf"), default=None)
        if first is None:
            return ModelError(self.name, "auth", "none of its keys can be used")
        seconds = (first.until - self._clock.now_ms()) / 1000 if first.until is not None else None
        count = len(self._line.target.profiles)
        keys = "its key rests" if count == 1 else f"all of its {count} keys rest"
        when = "until it is another one" if seconds is None else f"for {seconds:.0f} s"
        why = f"{keys} after a refusal ({_FAULTS[first.reason].replace('_', ' ')}), the first of them {when}"
        return ModelError(self.name, _FAULTS[first.reason], why, retry_after=seconds)

    # -- after a failure ------------------------------------------------------------------------------

    async def _learn(self, run: _Try, profile: Profile, key: Secret, error: ModelError) -> None:
        """Returns when the question is to be asked again. Raises `error` when it is not."""
        match error.fault:
            case "rate_limited":
                self._limited(run, profile, error)
            case "auth":
                await self._refused(run, profile, key)
            case "billing":
                self._keyring.unpaid(profile.id)
                self._set_aside(run, profile)
            case "overloaded" | "unreachable" | "cut_off":
                run.failed += 1
                elapsed = self._clock.monotonic() - run.started
                plan = run.patience.retry
                wait = wait_before_next(run.failed, elapsed, error.retry_after, plan, random.random)
                await self._wait(run, float("inf") if wait is None else wait, error)
                if error.fault == "overloaded" and (level := lowered(run.request.thinking)) is not None:
                    run.request = replace(run.request, thinking=level)
            case "overflow" | "invalid":
                raise error

    def _limited(self, run: _Try, profile: Profile, error: ModelError) -> None:
        run.failed += 1
        self._keyring.limited(profile.id, self._model, error.retry_after)
        missed = self._keyring.missed(profile.id, self._model)
        wait = pause(missed, error.retry_after, run.patience.retry, random.random)
        self._keyring.close_gate(profile.id, self._model, wait)
        logger.warning("%s (key %s)", error, profile.id)

    async def _refused(self, run: _Try, profile: Profile, key: Secret) -> None:
        """A key may have been changed where it is kept."""
        if profile.id not in run.renewed and await self._renewed(profile, key):
            run.renewed.add(profile.id)
            logger.warning(
                "%s refused the key %s; asking with the one that is kept now", self.name, profile.id
            )
            return
        self._keyring.refused(profile.id, self._model, key)
        self._set_aside(run, profile)

    async def _renewed(self, profile: Profile, key: Secret) -> bool:
        try:
            return await self._line.key(profile, fresh=True) != key
        except ModelError:
            return False

    def _set_aside(self, run: _Try, profile: Profile) -> None:
        self._keyring.close_gate(profile.id, self._model, run.patience.probe_seconds)
        run.spent.add(profile.id)
        logger.warning("%s (key %s)", run.error, profile.id)

    async def _wait(self, run: _Try, wait: float, error: ModelError) -> None:
        """Raises `error` when there is no time left for it, or there have been enough attempts."""
        plan, elapsed = run.patience.retry, self._clock.monotonic() - run.started
        if run.failed >= plan.attempts or elapsed + wait > plan.deadline_seconds:
            raise error
        logger.warning("%s; attempt %d of %d in %.1f s", error, run.failed + 1, plan.attempts, wait)
        with anyio.move_on_after(wait):
            await self._keyring.recovery(self._model)
