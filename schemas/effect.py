"""What a result brought a company: sales, costs, jobs, exports; its own word (C45)."""

from pydantic import Field

from schemas.base import Krw, RequestModel


class EffectReport(RequestModel):
    """The company's answer; whatever it does not want to say stays empty.

    Attributes:
        nth: Which question is answered: the first comes half a year after the end.
    """

    nth: int = Field(ge=1, le=9, examples=[1])
    sales_krw: Krw | None = Field(default=None, title="More sales in won")
    cost_saving_krw: Krw | None = Field(default=None, title="Lower costs in won")
    jobs: int | None = Field(default=None, ge=0, le=100_000, title="New jobs")
    exports_krw: Krw | None = Field(default=None, title="More exports in won")
