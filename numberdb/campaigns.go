package numberdb

import "context"

// Campaign is scam listings and recordings that analysts put together.
type Campaign struct {
	Name       string `json:"name"`
	Numbers    int    `json:"numbers"`    // scam listings
	Verified   int    `json:"verified"`   // of them
	Reports    int    `json:"reports"`    // households and votes behind them
	Recordings int    `json:"recordings"` //
}

// campaignRows bounds the listings that Campaigns looks at: the latest.
const campaignRows = 200_000

// Campaigns returns the campaigns of the latest scam listings, the largest
// first, at most limit (1 to 1,000).
func (s *Store) Campaigns(ctx context.Context, limit int) ([]Campaign, error) {
	rows, err := s.r.QueryContext(ctx, `
		SELECT campaign, sum(scam), sum(verified), sum(reports), sum(1 - scam) FROM (
			SELECT doc->>'campaign' AS campaign, 1 AS scam, doc->>'status' = 'verified' AS verified,
				coalesce(json_array_length(doc, '$.reports'), 0) + coalesce(doc->>'votes', 0) AS reports
				FROM (SELECT doc FROM scams WHERE doc IS NOT NULL AND pack IS NOT NULL ORDER BY id DESC LIMIT ?2)
			UNION ALL SELECT doc->>'campaign', 0, 0, 0 FROM recordings WHERE doc IS NOT NULL AND doc->>'status' IN ('draft', 'verified'))
		WHERE campaign <> '' GROUP BY campaign ORDER BY 2 DESC, 1 LIMIT ?1`, min(max(limit, 1), maxFound), campaignRows)
	if err != nil {
		return nil, readError(err)
	}
	defer rows.Close()
	out := []Campaign{}
	for rows.Next() {
		var c Campaign
		if err := rows.Scan(&c.Name, &c.Numbers, &c.Verified, &c.Reports, &c.Recordings); err != nil {
			return nil, readError(err)
		}
		out = append(out, c)
	}
	return out, readError(rows.Err())
}
